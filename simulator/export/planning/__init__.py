"""A plan as a sheet: a template to fill in, and a filled-in one read into a scenario."""
