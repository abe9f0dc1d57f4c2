"""How good such forecasts have been: rolling origins, honest baselines, scores.

The package can be called: ``simulator.backtest(...)`` is :func:`simulator.backtest.backtest.backtest`, whether or not a
module of it was imported before.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Any:
        from simulator.backtest.backtest import backtest

        return backtest(*args, **options)


sys.modules[__name__].__class__ = _Callable
