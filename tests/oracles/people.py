"""Plans with teams and follow-up, one lead, one deal and one colleague after another: slow, obvious, independent.

    >>> arrays = simulate(scenario, trials=1000, seed=1)        # doctest: +SKIP

Shares with the naive twin of the funnel what that does without people: arrivals, lags, a deal's life once begun.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import optimize, stats

from tests.oracles import customers, laws, naive
from tests.oracles.market import draw_market
from tests.oracles.uncertain import Draw
from tests.oracles.world import WEEKS, SegmentPlan, World, build, correlated

COUNTS = ("waiting", "gone_cold", "worked", "not_reached", "disqualified", "nurtured", "returned", "good_turned_away")
PARTS = ("busy", "staffed", "work", "seen behind the bar", "wrong behind the bar")
EVERYTHING = (*naive.OTHER_COUNTS, *naive.MONEY, *COUNTS, *PARTS, *customers.COUNTS, *customers.MONEY)


@dataclass
class Lead:
    """Somebody who came to a stage, for the first time or back from nurture."""

    segment: str
    stage: int
    came: int
    back: int = 0
    good: bool | None = None
    """What a score took it for good of: known where a bar passed it on."""


@dataclass
class Deal:
    segment: str
    came: int
    value: float


@dataclass
class Place:
    """One of a team's places: who sits there, since when."""

    share: float = 0.0
    taken: bool = False
    since: float = -np.inf
    starts: float = np.inf


@dataclass
class TeamState:
    team: Any
    numbers: dict[str, list[float]]
    segments: list[str]
    stage: int
    starts: list[laws.Law]
    replaced: list[laws.Law] | None
    ramp_weeks: float
    places: list[Place] = field(default_factory=list)
    queue: list[Any] = field(default_factory=list)
    done: float = 0.0
    """Leads that everybody so far could have worked."""
    deals: list[tuple[str, int]] = field(default_factory=list)
    """(segment, week of the decision) of deals with a seller."""


def simulate(scenario: Any, *, trials: int, seed: int) -> dict[Any, np.ndarray]:
    """Play trials; metric -> (trial, quarter) total, and (metric, segment) -> the segment's. Parts of ratios too."""
    rng = np.random.default_rng(seed)
    correlations = correlated(scenario)
    names = list(scenario.segments)
    metrics = (*scenario.stages, *EVERYTHING)
    out: dict[Any, np.ndarray] = {
        (metric, name): np.zeros((trials, scenario.quarters)) for metric in metrics for name in names
    }
    for trial in range(trials):
        played = Trial(scenario, rng, correlations)
        played.play()
        for name in names:
            for metric in metrics:
                out[metric, name][trial] = played.tally[name][metric]
    for metric in metrics:
        out[metric] = np.sum([out[metric, name] for name in names], axis=0)
    return out


class Trial:
    """One trial."""

    def __init__(self, scenario: Any, rng: np.random.Generator, correlations: Any):
        self.scenario, self.rng = scenario, rng
        self.draw = Draw(rng, correlations)
        self.world: World = build(scenario, self.draw, draw_market(scenario, rng))
        zeros = (*scenario.stages, *EVERYTHING)
        self.tally = {name: {m: np.zeros(scenario.quarters) for m in zeros} for name in scenario.segments}
        self.teams = [self._team(name, team) for name, team in scenario.capacity.items()]
        self.follow = {
            (name, scenario.stages.index(stage)): self._follow(name, stage, follow)
            for name, segment in scenario.segments.items()
            for stage, follow in segment.follow_up.items()
        }
        self.coming: dict[tuple[int, int], list[Lead]] = {}

    # -- numbers --------------------------------------------------------------------------------
    def _by_quarter(self, numbers: Any, path: str) -> list[float]:
        if len(numbers) == 1:
            values = [self.draw.value(numbers[0], path)]
        else:
            values = [self.draw.value(n, f"{path}.{self.scenario.calendar.label(q)}") for q, n in enumerate(numbers)]
        return [values[min(max(0, q), len(values) - 1)] for q in range(-self.world.warm_up, self.scenario.quarters)]

    def _laws(self, spread: Any, path: str, delay: bool = False) -> list[laws.Law]:
        """Fixed, gamma and geometric spreads of weeks are all that the tests use."""
        kind = type(spread).__name__
        if kind == "FixedSpread":
            return [laws.fixed(x) for x in self._by_quarter(spread.value, path)]
        mean = self._by_quarter(spread.mean, f"{path}.mean")
        if kind == "Geometric":
            return [laws.geometric(m) for m in mean]
        cv = self._by_quarter(spread.cv, f"{path}.cv")
        return [laws.from_mean_and_cv(spread.family, m, c) for m, c in zip(mean, cv, strict=True)]

    def _team(self, name: str, team: Any) -> TeamState:
        path, stage = f"capacity.{name}", self.scenario.stages.index(team.stage)
        keys = ("people", "each_per_week", "open_deals_each", "attrition", "patience_weeks", "waiting_factor")
        given = {key: getattr(team, key) for key in keys if getattr(team, key) is not None}
        numbers = {key: self._by_quarter(value, f"{path}.{key}") for key, value in given.items()}
        passing = [n for n, s in self.scenario.segments.items() if self.scenario.stages.index(s.volume.stage) <= stage]
        state = TeamState(
            team, numbers, list(team.segments or passing), stage, self._laws(team.start_weeks, f"{path}.start_weeks"),
            None if team.replace_weeks is None else self._laws(team.replace_weeks, f"{path}.replace_weeks"),
            self.draw.value(team.ramp_weeks, f"{path}.ramp_weeks"),
        )  # fmt: skip
        state.places = [Place() for _ in range(int(np.ceil(max(numbers["people"]))))]
        return state

    def _follow(self, segment: str, stage: str, follow: Any) -> dict[str, Any]:
        path = f"segments.{segment}.follow_up.{stage}"
        found: dict[str, Any] = {"limit": follow.limit}
        for key in ("reached", "disqualified", "good", "auc", "nurtured", "returns", "returned_conversion"):
            value = getattr(follow, key)
            found[key] = None if value is None else self._by_quarter(value, f"{path}.{key}")
        found["weeks"] = self._laws(follow.returns_after_weeks, f"{path}.returns_after_weeks")
        if found["good"] is not None:
            stated = self.scenario.segments[segment].conversion[stage]
            passed = self._by_quarter(stated, f"segments.{segment}.conversion.{stage}")
            found["disqualified"] = [
                1 - precision(*numbers) for numbers in zip(passed, found["good"], found["auc"], strict=True)
            ]
        return found

    # -- the weeks ------------------------------------------------------------------------------
    def play(self) -> None:
        world, rng = self.world, self.rng
        for name, plan in world.segments.items():
            for week in range(world.first_week, world.end):
                for _ in range(naive.arrivals(world, plan, rng, week)):
                    self._send(Lead(name, plan.entry, week))
            for lead in world.leads or ():
                if lead.segment == name:
                    for _ in range(lead.count):
                        week = naive.play_lead(world, plan, rng, lead)
                        if week is not None:
                            self._send(Lead(name, lead.stage + 1, week))
        for deal in world.deals or ():
            week = naive.play_open_deal(world, world.segments[deal.segment], rng, self.tally[deal.segment], deal)
            for team in self.teams:
                if team.stage == world.birth_stage and deal.segment in team.segments:
                    team.deals.append((deal.segment, week))
        for week in range(world.first_week, world.end):
            if week == 0 and world.leads is not None:
                for team in self.teams:
                    team.queue.clear()
            for team in self.teams:
                self._people(team, week)
            for stage in range(world.birth_stage):
                self._stage(stage, week)
            self._births(week)
            if week >= 0 and week % WEEKS == WEEKS - 1:
                for team in self.teams:
                    for one in team.queue:
                        self.tally[one.segment]["waiting"][week // WEEKS] += 1
        for team in self.teams:
            for one in team.queue:
                if isinstance(one, Deal):
                    self._open_until(one, world.end)
        for name, tally in self.tally.items():
            for metric in naive.MONEY:
                tally[metric] = np.round(tally[metric], 2)
            here = [customer for customer in world.customers if customer.segment == name]
            for customer in here:
                customers.play_customer(
                    world, world.segments[name].customers, rng, tally, since=customer.since, present=0,
                    arr=customer.arr, stated=customer.renewal,
                )  # fmt: skip
            customers.finish(tally, sum(customer.arr for customer in here))

    def _send(self, lead: Lead) -> None:
        if lead.came < self.world.end:
            self.coming.setdefault((lead.stage, lead.came), []).append(lead)

    def _count(self, segment: str, metric: str, week: int, amount: float = 1.0) -> None:
        if week >= 0:
            self.tally[segment][metric][week // WEEKS] += amount

    def _people(self, team: TeamState, week: int) -> None:
        """Who leaves, who starts."""
        q = self.world.quarter(week)
        turn = week % WEEKS == 0 or week == self.world.first_week
        for number, place in enumerate(team.places):
            if turn:
                planned = min(max(team.numbers["people"][q] - number, 0.0), 1.0)
                if planned == 0:
                    place.taken, place.starts = False, np.inf
                elif place.share == 0:
                    if week == self.world.first_week:
                        place.taken = True
                    else:
                        place.starts = week + laws.draw_weeks(team.starts[q], self.rng)
                place.share = planned
            leaves = 1 - (1 - team.numbers["attrition"][q]) ** (1 / WEEKS)
            if place.taken and week >= 0 and week > place.since and self.rng.random() < leaves:
                place.taken = False
                if team.replaced is not None:
                    place.starts = week + laws.draw_weeks(team.replaced[q], self.rng)
            if not place.taken and week >= place.starts:
                place.taken, place.since, place.starts = True, week, np.inf

    def _staff(self, team: TeamState, week: int) -> float:
        total = 0.0
        for place in team.places:
            if place.taken:
                able, age = 1.0, week - place.since
                if age < team.ramp_weeks:
                    able = team.team.ramp[int(age / team.ramp_weeks * len(team.team.ramp) + 1e-12)]
                total += place.share * able
        return total

    def _in_order(self, team: TeamState) -> list[Any]:
        """The queue in the order in which it is worked; equals in any order."""
        lots = {id(one): self.rng.random() for one in team.queue}
        if team.team.order == "fifo":
            return sorted(team.queue, key=lambda one: (one.came, lots[id(one)]))
        if team.team.order == "newest":
            return sorted(team.queue, key=lambda one: (-one.came, lots[id(one)]))
        return sorted(team.queue, key=lambda one: (team.segments.index(one.segment), one.came, lots[id(one)]))

    def _cool(self, team: TeamState, week: int) -> list[Any]:
        """Takes those out of the queue who have waited too long."""
        if "patience_weeks" not in team.numbers:
            return []
        patience = team.numbers["patience_weeks"]
        cold = [one for one in team.queue if week - one.came >= np.floor(patience[self.world.quarter(one.came)] + 0.5)]
        team.queue = [one for one in team.queue if one not in cold]
        for one in cold:
            self._count(one.segment, "gone_cold", week)
        return cold

    def _stage(self, stage: int, week: int) -> None:
        q = self.world.quarter(week)
        for lead in self.coming.pop((stage, week), []):
            self._count(lead.segment, "returned" if lead.back else self.world.stages[stage], week)
            team = next((t for t in self.teams if t.stage == stage and lead.segment in t.segments), None)
            if team is None:
                self._work(lead, week)
            else:
                team.queue.append(lead)
                self._count(lead.segment, "work", week, 1 / team.numbers["each_per_week"][q])
        for team in self.teams:
            if team.stage != stage:
                continue
            each = team.numbers["each_per_week"][q]
            before = np.floor(team.done + 1e-9)
            team.done += self._staff(team, week) * each
            slots = int(np.floor(team.done + 1e-9) - before)
            chosen = self._in_order(team)[:slots]
            for lead in chosen:
                team.queue.remove(lead)
                self._count(lead.segment, "worked", week)
                self._count(lead.segment, "busy", week, 1 / each)
                self._work(lead, week, team.numbers["waiting_factor"][self.world.quarter(lead.came)])
            self._staffed(team, [lead.segment for lead in chosen], slots / each, week)
            self._cool(team, week)

    def _staffed(self, team: TeamState, busy: list[str], people: float, week: int) -> None:
        """People-weeks there, put down to segments as the work is; evenly where there is none."""
        for name in team.segments:
            part = busy.count(name) / len(busy) if busy else 1 / len(team.segments)
            self._count(name, "staffed", week, people * part)

    def _work(self, lead: Lead, week: int, waiting_factor: float = 1.0) -> None:
        rng, world = self.rng, self.world
        plan: SegmentPlan = world.segments[lead.segment]
        q = world.quarter(lead.came)
        rate = plan.rate[lead.stage + 1][q]
        follow = self.follow.get((lead.segment, lead.stage))
        if follow is not None:
            if lead.back and follow["returned_conversion"] is not None:
                rate = follow["returned_conversion"][q]  # the tests have no market where this is given
            if rng.random() >= follow["reached"][q]:
                self._count(lead.segment, "not_reached", week)
                self._nurture(lead, follow, q, week)
                return
            if follow["good"] is not None:
                self._count(lead.segment, "seen behind the bar", week)
                bad = rng.random() < follow["disqualified"][q] if lead.good is None else not lead.good
                if bad:
                    self._count(lead.segment, "wrong behind the bar", week)
            else:
                bad = follow["disqualified"] is not None and rng.random() < follow["disqualified"][q]
            if bad:
                self._count(lead.segment, "disqualified", week)
                return
        rate *= waiting_factor ** (week - lead.came)
        bar, good = self.follow.get((lead.segment, lead.stage + 1)), None
        if bar is not None and bar["good"] is not None:  # a score that tells: the good pass more often than the others
            share, right = bar["good"][q], 1 - bar["disqualified"][q]
            good = bool(rng.random() < share)
            rate *= right / share if good else (1 - right) / (1 - share)
        if rng.random() < rate:
            arrives = week + laws.draw_weeks(plan.lag[lead.stage + 1][q], rng)
            if world.quarter(min(arrives, world.end - 1)) != q:
                good = None  # another quarter's bar may be another one: those who come then are as good as its
            if not (week < 0 <= arrives and world.leads is not None):
                self._send(Lead(lead.segment, lead.stage + 1, arrives, good=good))
            return
        if good:
            self._count(lead.segment, "good_turned_away", week)
        if follow is not None:
            self._nurture(lead, follow, q, week)

    def _nurture(self, lead: Lead, follow: dict[str, Any], q: int, week: int) -> None:
        if lead.back >= follow["limit"] or self.rng.random() >= follow["nurtured"][q]:
            return
        self._count(lead.segment, "nurtured", week)
        if self.rng.random() < follow["returns"][q]:
            back = week + max(1, laws.draw_weeks(follow["weeks"][q], self.rng))
            if not (week < 0 <= back and self.world.leads is not None):
                self._send(Lead(lead.segment, lead.stage, back, lead.back + 1))

    # -- deals ----------------------------------------------------------------------------------
    def _births(self, week: int) -> None:
        world = self.world
        q = world.quarter(week)
        for lead in self.coming.pop((world.birth_stage, week), []):
            plan = world.segments[lead.segment]
            self._count(lead.segment, world.stages[world.birth_stage], week)
            if week < 0 and world.deals is not None:
                continue
            deal = Deal(lead.segment, week, plan.size[q].draw(self.rng) if plan.size else 0.0)
            self._count(lead.segment, "created_pipeline", week, deal.value)
            team = next((t for t in self.teams if t.stage == world.birth_stage and lead.segment in t.segments), None)
            if team is None:
                self._start(deal, week, 1.0)
            else:
                team.queue.append(deal)
        for team in self.teams:
            if team.stage == world.birth_stage and (week >= 0 or world.deals is None):
                self._sell(team, week)

    def _sell(self, team: TeamState, week: int) -> None:
        each = team.numbers["open_deals_each"][self.world.quarter(week)]
        places = int(np.floor(self._staff(team, week) * each + 1e-9))
        team.deals = [(name, until) for name, until in team.deals if until >= week]
        for deal in self._in_order(team)[: max(0, places - len(team.deals))]:
            team.queue.remove(deal)
            self._count(deal.segment, "worked", week)
            factor = team.numbers["waiting_factor"][self.world.quarter(deal.came)]
            team.deals.append((deal.segment, self._start(deal, week, factor ** (week - deal.came))))
        for one in (*team.deals, *((deal.segment, 0) for deal in team.queue)):
            self._count(one[0], "work", week, 1 / each)
        for name, _until in team.deals:
            self._count(name, "busy", week, 1 / each)
        self._staffed(team, [name for name, _until in team.deals], places / each, week)
        for deal in self._cool(team, week):
            self._count(deal.segment, "losses", week)
            self._open_until(deal, week)

    def _open_until(self, deal: Deal, decided: int) -> None:
        for quarter in range(self.world.quarters):
            if deal.came <= WEEKS * quarter + WEEKS - 1 < decided:
                self.tally[deal.segment]["open_deals"][quarter] += 1
                self.tally[deal.segment]["open_pipeline"][quarter] += deal.value

    def _start(self, deal: Deal, week: int, boost: float) -> int:
        """A deal's life from the week in which it gets a seller; returns the week of the decision."""
        world, rng = self.world, self.rng
        plan = world.segments[deal.segment]
        q, last = world.quarter(deal.came), world.last_stage
        rate = [p * boost for p in plan.rate[last]]
        wins = None
        lag = plan.lag[last]
        if plan.losses is not None:
            wins = bool(rng.random() < rate[q] * plan.details.win(0, deal.value))
            lag = plan.lag[last] if wins else plan.losses
        due = max(week, plan.details.bunched(week + laws.draw_weeks(lag[q], rng), rng))
        due, worth = plan.details.pulled_in(world, due, week, rng)
        return naive.play_deal(
            world, plan, rng, self.tally[deal.segment], due, deal.value, born=deal.came, wins=wins, rate=rate,
            worth=worth,
        )  # fmt: skip


def precision(passed: float, good: float, auc: float) -> float:
    """Share of good ones among the best ``passed`` by a score with this AUC, by root finding on the bar."""
    d = np.sqrt(2) * stats.norm.ppf(auc)
    bar = optimize.brentq(lambda t: good * stats.norm.sf(t - d) + (1 - good) * stats.norm.sf(t) - passed, -12, 12)
    return float(good * stats.norm.sf(bar - d) / passed)
