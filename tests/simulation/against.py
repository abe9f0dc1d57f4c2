"""Holding a result against an oracle: every metric, quarter and segment, all disagreements in one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from tests import statistical as st
from tests.oracles.exact import Exact, arrival_means
from tests.oracles.mixture import Mixture

MONEY = ("bookings", "created_pipeline", "open_pipeline", "slipped_value")
COUNTS = ("losses", "open_deals", "slips", "slipped_deals")
LEAST_EVENTS = 2000
"""Below so many individuals in all trials, the mean and variance of money are left to those of the counts."""

Check = Callable[[], None]


def hold(checks: Iterable[Check], most: int = 12) -> None:
    """Run all checks; fail with the disagreements, the first ``most`` of them.

    Give checks as they come, not in a list: each holds the draws it looks at, gigabytes for all of a long run.
    """
    wrong, count = [], 0
    for check in checks:
        count += 1
        try:
            check()
        except AssertionError as error:
            wrong.append(str(error).splitlines()[0])
    assert count, "nothing was checked"
    assert not wrong, f"{len(wrong)} of {count} checks disagree:\n" + "\n".join(wrong[:most])


def columns(scenario: Any, values: Mapping[Any, np.ndarray]) -> Iterable[tuple[str, str | None, int, np.ndarray]]:
    """(metric, segment, quarter, draws) of everything in a result or the naive twin's arrays."""
    money = MONEY if any(s.deal_size is not None for s in scenario.segments.values()) else ()
    segments = [None, *scenario.segments] if len(scenario.segments) > 1 else [None]
    for metric in (*scenario.stages, *COUNTS, *money):
        for segment in segments:
            array = values[metric] if segment is None else values[metric, segment]
            for quarter in range(scenario.quarters):
                yield metric, segment, quarter, np.asarray(array[:, quarter])


def named(metric: str, segment: str | None, quarter: int) -> str:
    return f"{metric}[{segment or 'total'}] in Q{quarter + 1}"


def moments(scenario: Any, values: Mapping[Any, np.ndarray], answer: Exact | Mixture) -> Iterable[Check]:
    """Mean and variance of every metric, quarter and segment."""
    for metric, segment, quarter, draws in columns(scenario, values):
        what = named(metric, segment, quarter)
        k1, k2, k3, k4 = answer.cumulants(metric, quarter, segment)
        if k2 <= 1e-12:
            yield partial(_constant, draws, k1, what)
            continue
        poisson = metric not in MONEY and np.allclose([k2, k3, k4], k1, rtol=1e-9)
        if poisson:
            yield partial(st.assert_poisson_mean, draws, k1, what=what)
        events = len(draws) * _individuals(answer, metric, quarter, segment, k1)
        if events < LEAST_EVENTS:
            continue
        if not poisson:
            skewness, kurtosis = k3 / k2**1.5, k4 / k2**2
            yield partial(st.assert_mean, draws, k1, variance=k2, skewness=skewness, kurtosis=kurtosis, what=what)
        yield partial(st.assert_variance, draws, k2, fourth_cumulant=k4, what=f"variance of {what}")


def _individuals(answer: Exact | Mixture, metric: str, quarter: int, segment: str | None, mean: float) -> float:
    """How many individuals a trial's metric is made of, on average."""
    if metric not in MONEY:
        return float(mean)
    first = answer if isinstance(answer, Exact) else answer.exact[0]
    counted = {
        "bookings": first.world.stages[-1],
        "created_pipeline": first.world.stages[-2],
        "open_pipeline": "open_deals",
        "slipped_value": "slipped_deals",
    }
    return float(answer.cumulants(counted[metric], quarter, segment)[0])


def _constant(draws: np.ndarray, expected: float, what: str) -> None:
    assert (np.abs(draws - expected) < 0.006 if expected % 1 else draws == expected).all(), (
        f"{what}: always {expected:.8g}, but draws from {draws.min()} to {draws.max()}"
    )


def distributions(scenario: Any, values: Mapping[Any, np.ndarray], answer: Exact | Mixture) -> Iterable[Check]:
    """The whole law of every count, and P(X ≥ n) at the middle and in the upper tail."""
    for metric, segment, quarter, draws in columns(scenario, values):
        if metric in MONEY:
            continue
        what = named(metric, segment, quarter)
        pmf = answer.pmf(metric, quarter, segment)
        yield partial(st.assert_distribution, draws, pmf / pmf.sum(), what=f"law of {what}")
        cumulated = np.cumsum(pmf)
        for level in (0.5, 0.95):
            n = int(np.searchsorted(cumulated, level)) + 1
            yield partial(st.assert_probability, draws >= n, 1 - cumulated[n - 1], what=f"P({what} ≥ {n})")


def weekly(scenario: Any, values: Mapping[Any, np.ndarray], answer: Exact) -> Iterable[Check]:
    """Every weekly count is Poisson with the convolved mean (the plan has no opening deals or leads)."""
    for metric in (*scenario.stages, "losses", "slips", "open_deals"):
        for segment in scenario.segments:
            means = answer.weekly_mean(metric, segment)
            for week, mean in enumerate(means):
                draws, what = values[metric, segment][:, week], f"{metric}[{segment}] in week {week}"
                mean = float(max(0.0, mean))
                yield partial(st.assert_poisson_mean, draws, mean, what=what)
                if mean * len(draws) > LEAST_EVENTS:
                    yield partial(st.assert_variance, draws, mean, fourth_cumulant=mean, what=f"variance of {what}")


def bookings(scenario: Any, values: Mapping[Any, np.ndarray], answer: Exact) -> Iterable[Check]:
    """P(bookings ≥ x) of the last quarter and of the horizon, at three thresholds each."""
    quarters = tuple(range(scenario.quarters))
    for period in ((quarters[-1],), quarters):
        mean, variance, *_ = answer.cumulants("bookings", period)
        sd = float(np.sqrt(variance))
        total = values["bookings"][:, list(period)].sum(axis=1)
        for threshold in (mean - sd, mean, mean + 1.5 * sd):
            if threshold <= 0:
                continue
            step = threshold / max(64, round(threshold / (sd / 400)))
            expected = answer.money_at_least("bookings", threshold, period, step=step, top=mean + 30 * sd)
            what = f"P(bookings ≥ {threshold:.6g}) in quarters {period}"
            yield partial(st.assert_probability, total >= threshold, expected, what=what)


def covariances(scenario: Any, values: Mapping[Any, np.ndarray], answer: Exact) -> Iterable[Check]:
    """Counts that share individuals: of Poisson cohorts, Cov(X, Y) is the mean number that is in both.

    Arrivals of a quarter with the stages, wins and losses of each quarter; deals born in a quarter with what
    becomes of them; and wins of different quarters, which are independent.
    """
    world = answer.world
    index = np.arange(13 * (world.warm_up + world.quarters)) // 13 - world.warm_up
    last, birth = scenario.stages[-1], scenario.stages[-2]
    followed = (birth, last, "losses", "open_deals")
    for name, segment in scenario.segments.items():
        for quarter in range(scenario.quarters):
            means = np.where(index == quarter, _arrivals(answer, name), 0.0)
            both = Exact(world, arrivals={name: means})
            born = Exact(world, born_in={quarter})
            pairs = [(segment.volume.stage, metric, both.mean(metric, name)) for metric in followed]
            pairs += [(birth, metric, born.mean(metric, name)) for metric in followed[1:]]
            for first, metric, expected in pairs:
                if first == metric:
                    continue
                for other in range(quarter, scenario.quarters):
                    yield partial(
                        _covariance, values[first, name][:, quarter], values[metric, name][:, other],
                        answer.mean(first, name)[quarter], answer.mean(metric, name)[other], expected[other],
                        f"Cov({first} in Q{quarter + 1}, {metric} in Q{other + 1})[{name}]",
                    )  # fmt: skip
        for quarter in range(scenario.quarters - 1):
            x, y = answer.mean(last, name)[quarter : quarter + 2]
            yield partial(
                _covariance, values[last, name][:, quarter], values[last, name][:, quarter + 1], x, y, 0.0,
                f"Cov of {last} in Q{quarter + 1} and Q{quarter + 2} [{name}]",
            )  # fmt: skip


def _arrivals(answer: Exact, segment: str) -> np.ndarray:
    return arrival_means(answer.world, segment)


def _covariance(x: np.ndarray, y: np.ndarray, mean_x: float, mean_y: float, both: float, what: str) -> None:
    """Products of centred Poisson counts with ``both`` in common: mean c, variance c + λμ + c²."""
    if mean_x * mean_y * len(x) < LEAST_EVENTS:
        return
    variance = both + mean_x * mean_y + both**2
    st.assert_mean((x - mean_x) * (y - mean_y), both, variance=variance, what=what)


def shared(scenario: Any, values: Mapping[Any, np.ndarray], answer: Mixture) -> Iterable[Check]:
    """What segments and quarters have in common: covariances of wins, all of it through the worlds.

    Given a world, wins of different quarters or segments are independent (no opening leads or deals needed).
    """
    last = scenario.stages[-1]
    keys = [(name, quarter) for name in scenario.segments for quarter in range(scenario.quarters)]
    means = {(name, q): answer.conditional(last, q, name)[:, 0] for name, q in keys}
    for i, (a, p) in enumerate(keys):
        for b, q in keys[i + 1 :]:
            x, y = means[a, p], means[b, q]
            centre_x, centre_y = answer.weights @ x, answer.weights @ y
            expected = float(answer.weights @ ((x - centre_x) * (y - centre_y)))
            products = (values[last, a][:, p] - centre_x) * (values[last, b][:, q] - centre_y)
            if products.std() == 0:
                continue
            yield partial(
                st.assert_mean, products, expected, variance=float(products.var()),
                what=f"Cov({last}[{a}] in Q{p + 1}, {last}[{b}] in Q{q + 1})",
            )  # fmt: skip


def same(scenario: Any, values: Mapping[Any, np.ndarray], twin: Mapping[Any, np.ndarray]) -> Iterable[Check]:
    """Two samples: mean, variance and law of every metric, and how all metrics go together."""
    for metric, segment, quarter, draws in columns(scenario, values):
        other = np.asarray((twin[metric] if segment is None else twin[metric, segment])[:, quarter])
        what = named(metric, segment, quarter)
        yield partial(st.assert_same_mean, draws, other, what=what)
        yield partial(st.assert_same_variance, draws, other, what=f"variance of {what}")
        if metric not in MONEY:
            yield partial(st.assert_same_distribution, draws, other, what=f"law of {what}")
    yield from together(scenario, values, twin)


def together(scenario: Any, values: Mapping[Any, np.ndarray], twin: Mapping[Any, np.ndarray]) -> Iterable[Check]:
    """Correlations of wins, losses and births between quarters and segments, and of slips with them."""
    last, birth = scenario.stages[-1], scenario.stages[-2]
    keys = [(metric, name, quarter) for metric in (birth, last, "losses", "slips", "open_deals")
            for name in scenario.segments for quarter in range(scenario.quarters)]  # fmt: skip
    pairs = {(metric, name): (values[metric, name], twin[metric, name]) for metric, name, _ in keys}
    draws = {(metric, name, q): [np.array(x[:, q], float) for x in pairs[metric, name]] for metric, name, q in keys}
    varies = [key for key in keys if min(np.std(x) for x in draws[key]) > 0]
    for i, first in enumerate(varies):
        for second in varies[i + 1 :]:
            mine, theirs = zip(draws[first], draws[second], strict=True)
            what = f"correlation of {named(*first)} and {named(*second)}"
            yield partial(st.assert_same_correlation, mine, theirs, what=what)


def fates(scenario: Any, result: Any, answer: Exact) -> Iterable[Check]:
    """What becomes of each open deal: won or lost in each quarter, open at the end, slips on the way."""
    deals, last = result.deals, scenario.stages[-1]
    place = dict.fromkeys(scenario.segments, 0)
    leads = {name: sum(lead.segment == name for lead in answer.world.leads or ()) for name in scenario.segments}
    for d, deal in enumerate(scenario.opening.deals):
        assert deals.ids[d] == deal.id
        assert deals.amount[d] == deal.amount
        measure = answer.parts[deal.segment][1 + leads[deal.segment] + place[deal.segment]].measure
        place[deal.segment] += 1
        for quarter in range(scenario.quarters):
            decided_here = deals.week[:, d] // 13 == quarter
            for outcome, metric in ((1, last), (-1, "losses")):
                yield partial(
                    st.assert_probability, decided_here & (deals.outcome[:, d] == outcome),
                    float(measure.counts[metric][quarter, 1]), what=f"{deal.id}: {metric} in Q{quarter + 1}",
                )  # fmt: skip
        yield partial(
            st.assert_probability, deals.outcome[:, d] == 0, float(measure.counts["open_deals"][-1, 1]),
            what=f"{deal.id} is open at the end",
        )  # fmt: skip
        slips = deals.slips[:, d]
        expected = float(sum((measure.counts["slips"][q] * np.arange(14)).sum() for q in range(scenario.quarters)))
        yield partial(st.assert_mean, slips, expected, bounds=(0, 13 * scenario.quarters), what=f"slips of {deal.id}")
