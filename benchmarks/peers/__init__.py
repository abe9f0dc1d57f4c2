"""The same plan, as its best users would write it with other tools.

Every module has ``NAME`` and ``prepare(funnel)``, which does what can be done once and returns
``play(trials, seed) -> float64 (trial, quarter, metric)``.
"""
