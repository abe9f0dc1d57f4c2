"""Monte Carlo simulator of sales and marketing pipelines, from visitor to win.

Examples
--------
>>> import simulator as sim
>>> plan = sim.load("scenarios/twenty-five-customers.yaml")
>>> result = sim.simulate(plan, trials=1000, seed=7)
>>> result["wins"].shape
(1000, 4)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator import backtest as backtest
    from simulator import errors as errors
    from simulator.analysis.compare import compare as compare
    from simulator.analysis.luck import luck as luck
    from simulator.analysis.optimize import optimize as optimize
    from simulator.analysis.sensitivity import sensitivity as sensitivity
    from simulator.analysis.solve import solve as solve
    from simulator.analysis.sweep import sweep as sweep
    from simulator.analysis.what_if import what_if as what_if
    from simulator.calibration.fit import fit as fit
    from simulator.exact.forecast import forecast as forecast
    from simulator.scenario.load import load as load
    from simulator.simulation.result import Result as Result
    from simulator.simulation.simulate import simulate as simulate

__version__ = "0.1.0"

_HOME = {
    "load": "simulator.scenario.load",
    "luck": "simulator.analysis.luck",
    "Result": "simulator.simulation.result",
    "simulate": "simulator.simulation.simulate",
    "forecast": "simulator.exact.forecast",
    "compare": "simulator.analysis.compare",
    "sensitivity": "simulator.analysis.sensitivity",
    "optimize": "simulator.analysis.optimize",
    "solve": "simulator.analysis.solve",
    "sweep": "simulator.analysis.sweep",
    "what_if": "simulator.analysis.what_if",
    "fit": "simulator.calibration.fit",
}
"""Public names and where they live. They are imported when first used: ``import simulator`` costs nothing."""

__all__ = ["__version__", "backtest", "errors", *_HOME]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("backtest", "errors"):
        return import_module(f"simulator.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'simulator' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOME[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
