"""SIPmath: trials in the form that ProbabilityManagement.org's tools read, in any spreadsheet."""
