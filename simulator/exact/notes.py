"""What a reader of an exact answer should know: the same as of a simulated one."""

from __future__ import annotations

import numpy as np

from simulator.exact.answers import Answers
from simulator.exact.lags import weeks_law
from simulator.exact.outline import Outline, SpreadForm
from simulator.exact.terms import Points, dimensions
from simulator.quarters import WEEKS
from simulator.scenario.arithmetic import brought_by_spend
from simulator.scenario.market import Market
from simulator.scenario.model import Scenario
from simulator.simulation.stale import stale_deals
from simulator.simulation.warm_up import LONGEST, warm_up_note
from simulator.statistics.intervals import as_percent


def notes_of(scenario: Scenario, answers: Answers) -> tuple[str, ...]:
    """Warnings of the plan, shares that are capped, deals older than any cycle, a warm-up that is too short."""
    notes = list(scenario.warnings)
    points, outline = answers.points, answers.outline
    for leaf in outline.numbers.leaves:
        if leaf.number.domain == "share" and leaf.number.times > 1:
            drawn = np.asarray(points.values[outline.numbers.slot(leaf.path, leaf.number)])
            share = float(np.mean(drawn >= 1.0))
            if share > 0:
                notes.append(f"{leaf.path} is capped at 1 in {as_percent(share)} of trials")
    stale = {
        listed.id: 1.0
        for listed, deal in zip(scenario.opening.deals or (), outline.deals, strict=True)
        if deal.due is None and _older_than_any(answers, deal.segment, deal.age)
    }
    notes += stale_deals(stale)
    late = warm_up_note(scenario, open_by_age)
    return (*notes, late) if late else tuple(notes)


def _older_than_any(answers: Answers, segment: int, age: int) -> bool:
    """At every point."""
    terms = answers.points.terms(segment)
    law = terms.lag[answers.outline.stages - 1].laws[answers.outline.warm]
    return bool((law[:, age:].sum(axis=1) <= 1e-12).all()) and age > 0


def open_by_age(scenario: Scenario) -> np.ndarray:
    """Open deals of a business that has always run the first quarter's plan, by the age of their lead.

    The same numbers as ``simulator.simulation.warm_up.open_by_age``, without the kernels.
    """
    opening = scenario.opening.model_copy(update={"warm_up_quarters": 0, "deals": None, "leads": None})
    plain = scenario.model_copy(update={"opening": opening, "market": Market.model_construct()})
    outline = Outline(plain)
    points = Points(outline, np.zeros((1, dimensions(outline))))
    last = WEEKS * LONGEST

    def law(forms: tuple[SpreadForm, ...]) -> np.ndarray:
        form = forms[0]
        first, second = (float(np.ravel(points.values[slot])[0]) for slot in (form.a, form.b))
        return weeks_law(form, first, second, last)[0]

    def then(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.convolve(a, b)[:last]

    found = np.zeros(last)
    for index, (segment, part) in enumerate(zip(outline.segments, scenario.segments.values(), strict=True)):
        terms, win = points.terms(index), outline.stages - 1
        born = np.zeros(last)
        born[0] = (terms.arrivals[0, 0] + brought_by_spend(part, 0)) / WEEKS
        for t in range(segment.entry + 1, win):
            born = then(born * terms.rate[t][0, 0], law(segment.lag[t]))
        cycle = law(segment.lag[win])
        if segment.losses is not None:
            rate = terms.rate[win][0, 0]
            cycle = rate * cycle + (1 - rate) * law(segment.losses)
        slip, delay = terms.slip[0, 0], law(segment.delay)
        decided, here = np.zeros(last), then(born, cycle)
        for slips in range(segment.limit + 1):
            decided += here * (1.0 if slips == segment.limit else 1 - slip)
            here = then(here * slip, delay)
            if here.sum() < 1e-12 * max(born.sum(), 1e-300):
                break
        found += np.cumsum(born) - np.cumsum(decided)
    return found
