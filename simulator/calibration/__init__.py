"""From CRM history to a scenario: reading, data quality, censored fits, and writing it down.

Import :func:`simulator.calibration.fit.fit`; nothing is imported here, so that `import simulator` stays fast.
"""
