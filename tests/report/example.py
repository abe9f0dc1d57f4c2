"""A made-up result for tests of tables and figures: no engine, no file, the same on every machine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from simulator.quarters import Calendar
from simulator.simulation.metrics import Metric, metrics_of
from simulator.simulation.provenance import Provenance
from simulator.simulation.result import Result

STAGES = ("visitors", "engagements", "mqls", "sqls", "wins")
MEANS = {
    "visitors": 1000, "engagements": 300, "mqls": 119, "sqls": 70.5, "wins": 24.3, "losses": 46, "slips": 14,
    "slipped_deals": 4.2, "open_deals": 51, "bookings": 970e3, "created_pipeline": 2.8e6, "slipped_value": 170e3,
    "open_pipeline": 2.0e6,
}  # fmt: skip


def target(metric: str, period: str, *, calendar: Calendar, **more: Any) -> SimpleNamespace:
    fields: dict[str, Any] = {"at_least": None, "at_most": None, "segment": None, "name": None} | more
    sign, bound = (">=", fields["at_least"]) if fields["at_least"] is not None else ("<=", fields["at_most"])
    segment = f" for {fields['segment']}" if fields["segment"] else ""
    fields["name"] = fields["name"] or f"{metric} {sign} {bound} in {period}{segment}"
    return SimpleNamespace(metric=metric, in_=period, period=calendar.period(period), **fields)


def example(
    *,
    start: str = "2027-Q1",
    quarters: int = 4,
    segments: tuple[str, ...] = ("inbound",),
    targets: tuple[dict[str, Any], ...] | None = None,
    money: bool = True,
    trials: int = 4000,
    name: str = "Twenty-five customers",
    warnings: tuple[str, ...] = (),
    currency: str = "USD",
) -> Result:
    """A result whose counts are Poisson and whose money is lognormal around the means above."""
    calendar = Calendar(start, quarters)
    last = calendar.labels[-1]
    if targets is None:
        targets = ({"metric": "wins", "at_least": 25, "period": last},)
        if money:
            targets += ({"metric": "bookings", "at_least": 3_500_000, "period": "horizon"},)
    scenario = SimpleNamespace(
        name=name, description="1,000 visitors a quarter, 300 engage, about 25 become customers.", currency=currency,
        calendar=calendar, segments=dict.fromkeys(segments), stages=STAGES, warnings=warnings, file="plan.yaml",
        targets=tuple(target(calendar=calendar, **t) for t in targets), kpis=(),
    )  # fmt: skip
    metrics = metrics_of(STAGES, money)
    rng = np.random.Generator(np.random.Philox(5))
    size = (len(segments), trials, quarters)

    def draw(metric: Metric) -> Any:
        mean = MEANS[metric.name] / len(segments)
        if metric.kind == "count":
            return rng.poisson(mean, size).astype(np.int32)
        return np.round(100 * mean * rng.lognormal(-0.0325, 0.255, size))

    counts = np.stack([draw(m) for m in metrics if m.kind == "count"], axis=1)
    amounts = [draw(m) for m in metrics if m.kind == "money"]
    cents = np.stack(amounts, axis=1) if amounts else np.zeros((len(segments), 0, trials, quarters))
    provenance = Provenance(name, "plan.yaml", "0" * 64, "0.1.0", "simulate", trials, 20270101)
    arrays = {"counts": counts, "cents": cents}
    return Result(cast(Any, scenario), metrics=metrics, provenance=provenance, notes=warnings, **arrays)
