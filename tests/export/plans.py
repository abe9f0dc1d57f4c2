"""Results to export, made by hand: the arrays are known, nothing is simulated."""

from __future__ import annotations

import numpy as np

from simulator.scenario.load import load
from simulator.simulation.metrics import metrics_of
from simulator.simulation.provenance import Provenance
from simulator.simulation.result import Result

TARGETS = [
    {"metric": "wins", "at_least": 25, "in": "2027-Q4"},
    {"metric": "bookings", "at_least": 3_500_000, "in": "2027"},
    {"metric": "mqls", "at_least": 40, "in": "each quarter", "segment": "inbound", "name": "MQL floor"},
    {"metric": "slipped_deals", "at_most": 6, "in": "2027-Q4"},
    {"metric": "open_deals", "at_most": 30, "in": "2027-Q2..2027-Q3", "segment": ["inbound", "outbound"]},
]


def scenario(name="Twenty-five customers", targets=TARGETS, segments=("inbound", "outbound"), **more):
    """A small plan with two segments, money and uncertain rates."""
    segment = {
        "volume": 200,
        "conversion": {
            "mqls": {"min": 0.30, "likely": 0.40, "max": 0.48},
            "sqls": {"p10": 0.52, "p90": 0.66},
            "wins": {"successes": 35, "of": 100},
        },
        "lag_weeks": {"wins": {"mean": 8, "cv": 0.5}},
        "deal_size": {"mean": 40_000, "cv": 0.8},
        "slips": {"probability": 0.2},
    }
    document = {
        "name": name, "start": "2027-Q1", "quarters": 4, "stages": ["leads", "mqls", "sqls", "wins"],
        "segments": dict.fromkeys(segments, segment), "targets": list(targets), **more,
    }  # fmt: skip
    return load(document)


def result(plan=None, trials=400, seed=7, lift=1.0, draws=True):
    """A result of Poisson and gamma numbers; ``lift`` raises all of them."""
    plan = plan or scenario()
    metrics = metrics_of(plan.stages, money=True)
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=trials)
    whole = [m for m in metrics if m.kind == "count"]
    means = {"leads": 200, "mqls": 45, "sqls": 25, "wins": 12, "losses": 14, "slips": 4, "slipped_deals": 2.5,
             "open_deals": 14}  # fmt: skip
    shape = (len(plan.segments), trials, plan.quarters)
    counts = np.zeros((shape[0], len(whole), trials, plan.quarters), dtype=np.int32)
    for index, metric in enumerate(whole):
        mean = means[metric.name] * lift * np.exp(0.15 * quality)[None, :, None]
        counts[:, index] = rng.poisson(np.broadcast_to(mean, shape))
    cents = np.stack(
        [np.round(rng.gamma(8, 60_000_00 * lift / 8 * k, size=shape) * np.exp(0.1 * quality)[None, :, None])
         for k in (8, 20, 2, 12)], axis=1,
    )  # fmt: skip
    paths = {}
    if draws:
        first = next(iter(plan.segments))
        paths = {
            f"segments.{first}.conversion.mqls": 0.4 + 0.03 * quality + 0.02 * rng.normal(size=trials),
            f"segments.{first}.conversion.sqls": rng.beta(30, 20, size=trials),
            f"segments.{first}.conversion.wins": 0.35 + 0.04 * quality + 0.01 * rng.normal(size=trials),
        }
    source = Provenance(plan.name, plan.file, "ab" * 32, "0.1.0", "simulate", trials, seed, {"numpy": np.__version__})
    return Result(plan, metrics=metrics, counts=counts, cents=cents, provenance=source, assumptions=paths)
