"""How fast the simulator is, against programs that answer the same question; run ``python -m benchmarks``."""

import os

# One thread means one thread: matrix products of NumPy would otherwise take every core.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
