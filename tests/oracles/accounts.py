"""Accounts, one after another and contact by contact, as docs/explanation/model.md has them: the naive twin.

Nothing is shared with the engine. An account is a list of people, each with the week in which he or she engaged
and the roles he or she has; whatever is asked of it is read off that list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.oracles import laws, naive
from tests.oracles.market import draw_market
from tests.oracles.uncertain import Draw
from tests.oracles.world import WEEKS, World, build, correlated

NEVER = 10**9
OWN = ("mqas", "accounts_left", "contacts at wins", "accounts won", "contacts at losses", "accounts lost")


@dataclass
class Rules:
    """One segment's, every number drawn. Lists are by ``quarter + warm_up``."""

    number: int | None
    again: list[laws.Law] | None
    contacts: list[laws.Law]
    group: list[laws.Law] | None
    joining: list[float]
    joining_in_deal: list[float]
    qualified_at: int
    deal_needs: int
    rows: list[tuple[int, list[float]]]
    """From how many contacts on; rate before the market by quarter."""
    curve: tuple[float, float, float] | None
    personas: list[tuple[float, float, float]]
    shocked: Any
    """(rate, index) -> with shock and events."""

    def rate(self, n: int, index: int) -> float:
        if self.curve is not None:
            most, half, k = self.curve
            stated = most * n**k / (half**k + n**k)
        else:
            stated = [rates for least, rates in self.rows if n >= least][-1][index]
        return self.shocked(stated, index)


@dataclass
class Account:
    rules: Rules
    weeks: list[int] = field(default_factory=list)
    """In which week each contact engaged."""
    roles: list[list[bool]] = field(default_factory=list)
    most: float = NEVER

    def add(self, week: int, rng: np.random.Generator) -> None:
        if len(self.weeks) < self.most:
            self.weeks.append(week)
            self.roles.append([bool(rng.random() < share) for share, _with, _without in self.rules.personas])

    def before(self, week: int) -> int:
        return sum(w < week for w in self.weeks)

    def chance(self, n: int, index: int) -> float:
        """The rate into wins with the first n contacts, personas included."""
        rate = self.rules.rate(n, index)
        for p, (_share, engaged, missing) in enumerate(self.rules.personas):
            rate *= engaged if any(roles[p] for roles in self.roles[:n]) else missing
        return min(1.0, rate)


def at_least_one(law: laws.Law, rng: np.random.Generator) -> int:
    return max(1, laws.draw_weeks(law, rng))


def first(world: World, rules: Rules, index: int, week: int, rng: np.random.Generator, known: int | None = None):
    account = Account(rules)
    if rules.group is not None:
        account.most = at_least_one(rules.group[index], rng)
    count = at_least_one(rules.contacts[index], rng)
    if known is not None:
        count, account.most = known, max(account.most, known)
    for _ in range(count):
        account.add(week, rng)
    return account


def join(world: World, account: Account, rates: list[float], begin: int, until: int, rng: np.random.Generator) -> None:
    """Who engages from week ``begin`` to the one before ``until``."""
    came = rng.poisson([rates[world.quarter(week)] for week in range(begin, until)])
    for week in np.flatnonzero(came):
        for _ in range(came[week]):
            account.add(begin + int(week), rng)


def simulate(scenario: Any, *, trials: int, seed: int) -> dict[Any, np.ndarray]:
    """As the naive twin's, with what is counted of accounts besides; segments without accounts are the naive twin's."""
    rng = np.random.default_rng(seed)
    tied = correlated(scenario)
    names = list(scenario.segments)
    metrics = (*scenario.stages, *naive.OTHER_COUNTS, *naive.MONEY, *OWN)
    out: dict[Any, np.ndarray] = {(m, n): np.zeros((trials, scenario.quarters)) for m in metrics for n in names}
    for trial in range(trials):
        draw, state = Draw(rng, tied), draw_market(scenario, rng)
        world = build(scenario, draw, state)
        for name, segment in scenario.segments.items():
            if segment.accounts is None:
                tally = naive.play_segment(world, world.segments[name], rng) | dict.fromkeys(OWN, 0.0)
            else:
                rules = rules_of(scenario, name, draw, state)
                tally = Play(scenario, world, name, rules, rng).run()
            for metric in metrics:
                out[metric, name][trial] = tally[metric]
    for metric in metrics:
        out[metric] = np.sum([out[metric, name] for name in names], axis=0)
    return out


def rules_of(scenario: Any, name: str, draw: Draw, state: Any) -> Rules:
    rules, path = scenario.segments[name].accounts, f"segments.{name}.accounts"
    warm, wins = scenario.opening.warm_up_quarters, scenario.stages[-1]

    def by_quarter(numbers: Any, where: str) -> list[float]:
        many = len(numbers) > 1
        values = [
            draw.value(x, f"{where}.{scenario.calendar.label(q)}" if many else where) for q, x in enumerate(numbers)
        ]
        return [values[min(max(0, q), len(values) - 1)] for q in range(-warm, scenario.quarters)]

    def spread(written: Any, where: str) -> list[laws.Law] | None:
        if written is None:
            return None
        kind = type(written).__name__
        every = range(warm + scenario.quarters)
        if kind == "WeeksTable":
            found = [laws.Points(tuple(map(float, range(len(written.weeks)))), tuple(written.weeks))] * len(every)
        elif kind == "FixedSpread":
            found = [laws.fixed(x) for x in by_quarter(written.value, where)]
        elif kind == "Geometric":
            found = [laws.geometric(x) for x in by_quarter(written.mean, f"{where}.mean")]
        elif kind == "MeanCv":
            means, cvs = by_quarter(written.mean, f"{where}.mean"), by_quarter(written.cv, f"{where}.cv")
            found = [laws.from_mean_and_cv(written.family, m, c) for m, c in zip(means, cvs, strict=True)]
        else:
            raise TypeError(kind)
        return [laws.scaled(law, written.times) for law in found]

    multipliers = [{e.name: draw.value(e.rates[wins], f"market.events.{e.name}.{wins}")
                    for e in scenario.market.events if wins in e.rates}]  # fmt: skip

    def shocked(rate: float, index: int) -> float:
        if 0 < rate < 1:
            odds = rate / (1 - rate) * np.exp(scenario.market.conversion.sd * state.rate_z[wins][index])
            rate = odds / (1 + odds)
        return min(1.0, rate * float(np.prod([multipliers[0].get(event, 1.0) for event in state.active[index]])))

    quarters = warm + scenario.quarters
    rows, curve = [], None
    if rules.win_rate is None:
        rows = [(1, by_quarter(scenario.segments[name].conversion[wins], f"segments.{name}.conversion.{wins}"))]
    elif isinstance(rules.win_rate, tuple):
        rows = [(row.contacts, [draw.value(row.rate, f"{path}.win_rate.{row.key}.rate")] * quarters)
                for row in rules.win_rate]  # fmt: skip
    else:
        curve = tuple(draw.value(getattr(rules.win_rate, key), f"{path}.win_rate.{key}")
                      for key in ("most", "half_at", "steepness"))  # fmt: skip
    personas = [
        tuple(draw.value(getattr(persona, key), f"{path}.personas.{role}.{key}")
              for key in ("share", "win_rate", "win_rate_without"))
        for role, persona in rules.personas.items()
    ]  # fmt: skip
    before = by_quarter(rules.contacts_per_week, f"{path}.contacts_per_week")
    within = rules.contacts_per_week_in_deal
    return Rules(
        number=None if rules.number is None else int(draw.value(rules.number, f"{path}.number") + 0.5),
        again=spread(rules.again_after_weeks, f"{path}.again_after_weeks"),
        contacts=spread(rules.contacts, f"{path}.contacts"), group=spread(rules.buying_group, f"{path}.buying_group"),
        joining=before,
        joining_in_deal=before if within is None else by_quarter(within, f"{path}.contacts_per_week_in_deal"),
        qualified_at=rules.qualified_at, deal_needs=rules.deal_needs, rows=rows, curve=curve, personas=personas,
        shocked=shocked,
    )  # fmt: skip


class Play:
    """One segment of one trial."""

    def __init__(self, scenario: Any, world: World, name: str, rules: Rules, rng: np.random.Generator):
        self.scenario, self.world, self.rules, self.rng = scenario, world, rules, rng
        self.plan = world.segments[name]
        every = (*world.stages, *naive.OTHER_COUNTS, *naive.MONEY, *OWN)
        self.tally = {metric: np.zeros(world.quarters) for metric in every}
        self.lost: list[int] = []  # weeks from which accounts are free again

    def run(self) -> dict[str, np.ndarray]:
        world, plan, rules, rng = self.world, self.plan, self.rules, self.rng
        files = [deal for deal in self.scenario.opening.deals or () if deal.segment == plan.name]
        opened = [deal for deal in world.deals or () if deal.segment == plan.name]
        for deal, written in zip(opened, files, strict=True):
            self.open_deal(deal, written.contacts)
        for lead in world.leads or ():
            if lead.segment == plan.name:
                for _ in range(lead.count):
                    index = world.quarter(lead.entered)
                    account = first(world, rules, index, lead.entered, rng)
                    for _week in range(-lead.entered):
                        for _ in range(rng.poisson(rules.joining[index])):
                            account.add(-1, rng)
                    self.walk(account, lead.stage, 0, entered=lead.entered)
        free = rules.number or 0
        for week in range(world.first_week, world.end):
            free = min(free + self.lost.count(week), rules.number or 0)
            for _ in range(naive.arrivals(world, plan, rng, week)):
                if rules.number is not None and week >= 0:
                    if rng.random() >= free / rules.number:
                        continue
                    free -= 1
                account = first(world, rules, world.quarter(week), week, rng)
                self.walk(account, plan.entry, week)
            if week >= 0 and rules.number is not None:
                self.tally["accounts_left"][week // WEEKS] = free
        for metric in naive.MONEY:
            self.tally[metric] = np.round(self.tally[metric], 2)
        return self.tally

    def count(self, metric: str, week: int, much: float = 1) -> None:
        if 0 <= week < self.world.end:
            self.tally[metric][week // WEEKS] += much

    def over(self, account: Account, week: int, *, lost: bool, known: int = 0) -> None:
        """Out of play from ``week`` on; ``known`` contacts were there at the start."""
        wanted = self.rules.qualified_at
        if (
            len(account.weeks) >= wanted
            and wanted > known
            and account.weeks[wanted - 1] < max(week, account.weeks[0] + 1)
        ):
            self.count("mqas", account.weeks[wanted - 1])
        if lost and 0 <= week < self.world.end and self.rules.again is not None:
            law = self.rules.again[self.world.quarter(week)]
            self.lost.append(week + at_least_one(law, self.rng))

    def walk(self, account: Account, stage: int, week: int, entered: int | None = None) -> None:
        world, plan, rng = self.world, self.plan, self.rng
        known = 0 if entered is None else len(account.weeks)
        if entered is None:
            self.count(world.stages[stage], week)
        while stage < world.birth_stage:
            since = week if entered is None else entered
            index = world.quarter(since)
            law = plan.lag[stage + 1][index]
            later = since + laws.draw_weeks(law, rng)
            stuck = False
            if entered is not None:
                for _ in range(naive.NOTHING_LEFT):
                    if later >= 0:
                        break
                    later = since + laws.draw_weeks(law, rng)
                stuck = later < 0
                later = max(later, 0)
                entered = None
            if world.leads is not None and week < 0 <= later:
                return  # replaced by the file
            join(world, account, self.rules.joining, week, min(later, world.end), rng)
            if later >= world.end:
                return self.over(account, later, lost=False, known=known)
            few = stage + 1 == world.birth_stage and account.before(later) < self.rules.deal_needs
            if stuck or rng.random() >= plan.rate[stage + 1][index] or few:
                return self.over(account, later, lost=True, known=known)
            stage, week = stage + 1, later
            self.count(world.stages[stage], week)
        if week < 0 and world.deals is not None:
            return None
        value = plan.size[world.quarter(week)].draw(rng) if plan.size else 0.0
        self.count("created_pipeline", week, value)
        due = week + laws.draw_weeks(plan.lag[world.last_stage][world.quarter(week)], rng)
        due = max(week, plan.details.bunched(due, rng))
        self.deal(account, week, week, due, None, value, 0, None, known)
        return None

    def open_deal(self, deal: Any, contacts: int | None) -> None:
        world, plan, rng = self.world, self.plan, self.rng
        now = world.quarter(0)
        account = first(world, self.rules, now, -1, rng, contacts)
        if contacts is None:
            for _week in range(deal.age):
                for _ in range(rng.poisson(self.rules.joining_in_deal[now])):
                    account.add(-1, rng)
        due = deal.due
        if due is None:
            due = self.left_of(plan.lag[world.last_stage][now], deal.age)
        self.deal(account, -1, 0, due, deal.due, deal.amount, deal.pushes, deal, len(account.weeks))

    def left_of(self, law: laws.Law, age: int) -> int:
        for _ in range(naive.NOTHING_LEFT):
            weeks = laws.draw_weeks(law, self.rng)
            if weeks >= age:
                return self.plan.details.bunched(weeks - age, self.rng)
        return 0

    def deal(self, account: Account, born: int, week: int, due: int, stated: int | None, value: float, pushes: int,
             opened: Any, known: int) -> None:  # fmt: skip
        """From ``week`` on; ``born`` −1 for one that is open at the start."""
        world, plan, rng, details = self.world, self.plan, self.rng, self.plan.details
        birth, luck, wins, before = world.quarter(week), rng.random(), None, None
        own = None if opened is None else opened.own
        counted, size = (0, None) if own is not None else (pushes, value)
        people = Account(self.rules, list(account.weeks), list(account.roles), account.most)
        # everybody who may ever engage while the deal is open, week by week; read as far as it goes on
        join(world, people, self.rules.joining_in_deal, week, world.end, rng)
        if plan.losses is not None:
            before = people.before(min(due, world.end))
            chance = own[birth] if own is not None else people.chance(before, birth) * plan.factor[birth] ** counted
            wins = bool(luck < chance * details.win(counted, size))
            if not wins and stated is None:
                law = plan.losses[birth]
                if opened is None:
                    due = max(week, details.bunched(week + laws.draw_weeks(law, rng), rng))
                else:
                    due = self.left_of(law, opened.age)
        due, worth = details.pulled_in(world, due, week, rng)
        outcome = None
        slipped = 0
        while due < world.end:
            q, n = world.quarter(due), people.before(due)
            if slipped and wins and own is None:
                was, now = people.chance(before, birth), people.chance(n, birth)
                wins = bool(rng.random() < (now / was if was else 0.0))
                before = n
            elif slipped and own is None and plan.losses is not None:
                before = n
            if rng.random() < plan.slip[q] * details.slip(pushes, value):
                if pushes >= plan.limit:
                    outcome = "loss"
                    break
                pushes, counted, slipped, worth = pushes + 1, counted + 1, slipped + 1, 1.0
                if wins:
                    old, new = (details.win(k, None) for k in (counted - 1, counted))
                    wins = bool(rng.random() < (plan.factor[q] * new / old if old else 0.0))
                delay = max(1, laws.draw_weeks(plan.delay[q], rng))
                delay = max(1, details.bunched(due + delay, rng) - due)
                self.count("slips", due)
                if (due + delay) // WEEKS > due // WEEKS:
                    self.count("slipped_deals", due)
                    self.count("slipped_value", due, value)
                due += delay
                continue
            if wins is None:
                chance = own[q] if own is not None else people.chance(n, q)
                wins = bool(luck < chance * plan.factor[q] ** counted * details.win(counted, size))
            outcome = "win" if wins else "loss"
            break
        decided = world.end if outcome is None else due
        if outcome is not None:
            n = people.before(due)
            self.count(world.stages[-1] if outcome == "win" else "losses", due)
            which = (
                ("contacts at wins", "accounts won") if outcome == "win" else ("contacts at losses", "accounts lost")
            )
            self.count(which[0], due, n)
            self.count(which[1], due)
            if outcome == "win":
                self.count("bookings", due, value * worth)
        people.weeks = [w for w in people.weeks if w < decided or w <= born]
        self.over(people, decided, lost=outcome == "loss", known=known)
        for quarter in range(world.quarters):
            if born <= WEEKS * quarter + WEEKS - 1 < decided:
                self.tally["open_deals"][quarter] += 1
                self.tally["open_pipeline"][quarter] += value
