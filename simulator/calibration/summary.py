"""A fit as plain data, for ``--format json`` and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.calibration.dates import day_of
from simulator.calibration.spells import OPEN

if TYPE_CHECKING:
    from simulator.calibration.fitted import Fit


def as_json(fit: Fit) -> dict[str, Any]:
    """Rates, lags, volumes, sizes, slips, notes and data quality; documented in the reference."""
    history = fit.history
    return {
        "schema": 1,
        "as_of": day_of(history.as_of).isoformat(),
        "records": len(history),
        "stages": list(history.stages),
        "segments": list(history.segments),
        "notes": list(fit.notes),
        "transitions": [
            {
                "from": t.spells.stage,
                "into": t.spells.into,
                "family": t.family,
                "held_out_log_likelihood": t.scores,
                "follow_up_weeks": t.spells.follow_up,
                "lag_p90_weeks": t.whole.lag.quantile(0.9),
                "recording_starts": None if t.spells.start is None else day_of(t.spells.start).isoformat(),
                "today_over_average": d.ratio,
                "pace": d.pace,
                "shock": d.shock,
                "quarter_sd": d.sd,
                "flat_pace": [history.segments[i] for i in d.flat],
                "segments": [
                    {
                        "segment": name,
                        "entered": c.count,
                        "converted": c.events,
                        "lost": c.losses,
                        "rate": c.p,
                        "rate_sd_logit": c.sd(),
                        "lag_median_weeks": c.lag.quantile(0.5),
                        "lag_mean_weeks": c.lag.mean,
                    }
                    for name, c in zip(history.segments, t.segments, strict=True)
                ],
            }
            for t, d in zip(fit.transitions, fit.drifts, strict=True)
        ],
        "volumes": {
            "per_week": dict(zip(history.segments, fit.volumes.level.mean.tolist(), strict=True)),
            "dispersion": fit.volumes.level.dispersion,
            "growth_per_quarter": None if fit.volumes.growth is None else fit.volumes.growth[0],
            "season": None if fit.volumes.season is None else fit.volumes.season.tolist(),
        },
        "deal_sizes": None
        if fit.sizes is None
        else [
            {"segment": n, "count": s.count, "mean": s.mean, "cv": s.cv, "real": s.values is not None}
            for n, s in zip(history.segments, fit.sizes, strict=True)
        ],
        "slips": None
        if fit.slips is None
        else {
            "pushes": fit.slips.pushes,
            "probability": fit.slips.probability,
            "mean_delay_weeks": fit.slips.delay,
            "win_rate_log_factor": fit.slips.factor[0],
            "concentration": None if fit.slips.concentration is None else fit.slips.concentration[0],
        },
        "open": int((fit.transitions[-1].spells.kind == OPEN).sum()),
        "zombies": int(fit.zombies.sum()),
        "quality": fit.quality.to_json(),
    }
