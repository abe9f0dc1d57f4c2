"""Whether the keyed streams are random the way the engine uses them; run ``python -m benchmarks.randomness``."""
