"""Starting the compiler without what our kernels do not use."""

from __future__ import annotations

import sys
from importlib import import_module


def start_compiler() -> None:
    """Let Numba load its array functions without SciPy: 0.2 s less before the first cached kernel.

    Numba imports ``scipy.linalg`` at the first call of any kernel, only to see whether there is a BLAS for
    ``np.inner`` and its like. None of our kernels has linear algebra. For programs of our own: in a user's
    session, kernels with ``np.inner`` would be a little slower from then on.

    Does nothing where SciPy's linear algebra or Numba's array functions are loaded already.
    """
    if "scipy.linalg" in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]  # Python's way to say that it is not to be found
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules["scipy.linalg"]
