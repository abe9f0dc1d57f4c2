"""How fast the simulator is, against programs that answer the same question; run ``python -m benchmarks``."""
