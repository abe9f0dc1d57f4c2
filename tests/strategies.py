"""Hypothesis strategies: random valid scenarios that reach every corner of the grammar, small enough to simulate.

``valid_scenarios()`` gives documents for ``simulator.load``. With ``tables=FOLDER`` they may also name CSV files of
open deals, leads in flight and real values, which are written to that folder.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from simulator.quarters import Calendar
from simulator.scenario.scales import metalog_range

STAGE_NAMES = ("visitors", "engagements", "mqls", "sals", "sqls", "proposals", "wins")
SEGMENT_NAMES = ("inbound", "outbound", "partner referrals", "EMEA-2", "Größe L", "2027")
MONEY = ("bookings", "created_pipeline", "open_pipeline", "slipped_value")
COUNTS = ("losses", "open_deals", "slips", "slipped_deals")


def floats(low: float, high: float, digits: int = 4) -> st.SearchStrategy[float]:
    """Numbers with few digits, as people write them."""
    scale = 10**digits
    return st.integers(round(low * scale), round(high * scale)).map(lambda n: n / scale)


@st.composite
def ranges(draw: st.DrawFn, domain: str, low: float, high: float) -> Any:
    """An uncertain number within ``low``..``high``, in any form its domain allows."""
    edge = (high - low) / 100
    a = draw(floats(low + edge, low + (high - low) * 0.45))
    b = draw(floats(low + (high - low) * 0.55, high - edge))
    forms = ["pert", "range", "metalog", "mean_sd", "values"] + (["successes"] if domain == "share" else [])
    form = draw(st.sampled_from(forms))
    if form == "pert":
        written: dict[str, Any] = {"min": a, "likely": draw(st.sampled_from([a, (a + b) / 2, b])), "max": b}
    elif form == "range":
        written = {"p10": a, "p90": b}
    elif form == "metalog":
        least, most = metalog_range(domain, a, b)  # type: ignore[arg-type]
        written = {"p10": a, "p50": least + (most - least) * draw(floats(0.01, 0.99)), "p90": b}
    elif form == "mean_sd":
        mean = (a + b) / 2
        widest = (mean * (1 - mean)) ** 0.5 if domain == "share" else mean
        written = {"mean": mean, "sd": abs(widest) * draw(floats(0.01, 0.9))}
    elif form == "values":
        written = {"values": draw(st.lists(st.sampled_from([a, b, (a + b) / 2]), min_size=1, max_size=4))}
    else:
        of = draw(st.integers(1, 400))
        written = {"successes": draw(st.integers(0, of)), "of": of}
    if draw(st.integers(0, 4)) == 0:
        written["name"] = draw(st.sampled_from(["quality", "budget mood", "7"]))
    if draw(st.integers(0, 4)) == 0:
        written["times"] = draw(floats(0.5, 1.5, 2))
    return written


@st.composite
def numbers(draw: st.DrawFn, domain: str, low: float, high: float, quarters: int = 1, lists: bool = True) -> Any:
    """A number, a range, or a list of them by quarter."""

    def one() -> Any:
        return draw(ranges(domain, low, high)) if draw(st.integers(0, 2)) == 0 else draw(floats(low, high))

    if lists and draw(st.integers(0, 5)) == 0:
        return [one() for _ in range(draw(st.integers(1, quarters)))]
    return one()


@st.composite
def spreads(draw: st.DrawFn, unit: str, low: float, high: float, quarters: int, delay: bool = False) -> Any:
    """A spread of weeks or money in any form."""
    form = draw(
        st.sampled_from(["plain", "mean", "mean_cv", "median", "family", "list"] + ["weeks"] * (unit == "weeks"))
    )

    def number(a: float, b: float) -> Any:
        return draw(numbers("positive", a, b, quarters))

    if form == "plain":
        return draw(floats(low, high))
    if form == "list":
        return [draw(floats(low, high)) for _ in range(draw(st.integers(1, quarters)))]
    if form == "weeks":
        parts = draw(st.lists(st.integers(0, 5), min_size=1, max_size=9).filter(any))
        return {"weeks": [part / sum(parts) for part in parts]}
    if form == "median":
        return _timed(draw, {"median": number(low + 0.1, high), "p90": draw(floats(high * 1.1, high * 3))})
    mean = number(max(low, 1.0) if delay else low + 0.1, high)
    if form == "mean":
        if delay and isinstance(mean, dict) and {"sd", "p50", "p10", "times"} & set(mean):
            mean = draw(floats(max(low, 1.0), high))
        return _timed(draw, {"mean": mean})
    written = {"mean": mean, "cv": number(0.1, 2.0)}
    if form == "family":
        written["family"] = draw(st.sampled_from(["gamma", "lognormal", "weibull", "exponential"]))
        if written["family"] == "exponential":
            del written["cv"]
    return _timed(draw, written)


def _timed(draw: st.DrawFn, written: dict[str, Any]) -> dict[str, Any]:
    if draw(st.integers(0, 5)) == 0:
        written["times"] = draw(floats(0.5, 2, 2))
    return written


@st.composite
def segments(draw: st.DrawFn, stages: list[str], quarters: int, most: float, money: bool) -> dict[str, Any]:
    """One segment, entering anywhere before the last stage."""
    entry = draw(st.integers(0, len(stages) - 2)) if draw(st.booleans()) else 0
    volume: Any = draw(numbers("positive", 0.5, most, quarters))
    if entry or draw(st.integers(0, 3)) == 0:
        volume = {"stage": stages[entry], "per_quarter": volume}
        if draw(st.booleans()):
            volume["growth"] = draw(numbers("real", -0.3, 0.5, quarters))
        if draw(st.booleans()):
            volume["dispersion"] = draw(floats(1, 5))
        if draw(st.integers(0, 3)) == 0:
            parts = draw(st.lists(st.integers(0, 4), min_size=13, max_size=13).filter(any))
            volume["weekly_profile"] = [part / sum(parts) for part in parts]
    after = stages[entry + 1 :]
    segment: dict[str, Any] = {
        "volume": volume,
        "conversion": {stage: draw(numbers("share", 0.0, 1.0, quarters)) for stage in after},
    }
    lagged = [stage for stage in [*after, "losses"] if draw(st.integers(0, 2))]
    if lagged:
        segment["lag_weeks"] = {stage: draw(spreads("weeks", 0.0, 15.0, quarters)) for stage in lagged}
    if money:
        segment["deal_size"] = draw(spreads("money", 100.0, 90_000.0, quarters))
    if draw(st.booleans()):
        slips: dict[str, Any] = {"probability": draw(numbers("share", 0.0, 0.9, quarters))}
        if draw(st.booleans()):
            slips["delay_weeks"] = draw(spreads("weeks", 1.0, 9.0, quarters, delay=True))
        if draw(st.booleans()):
            slips["limit"] = draw(st.integers(0, 5))
        if draw(st.booleans()):
            slips["win_rate_factor"] = draw(numbers("positive", 0.1, 1.2, quarters))
        segment["slips"] = slips
    return segment


@st.composite
def spend(draw: st.DrawFn, quarters: int) -> Any:
    """A budget, or more of what may be said of one."""
    budget = draw(numbers("positive", 10.0, 50_000.0, quarters))
    if draw(st.booleans()):
        return budget
    found: dict[str, Any] = {"per_quarter": budget}
    if draw(st.booleans()):
        found["per_arrival"] = draw(numbers("positive", 0.1, 90.0, quarters))
    if draw(st.booleans()):
        found["response"] = {
            "most": draw(numbers("positive", 1.0, 60.0, quarters)),
            "half_at": draw(floats(100, 40_000, 0)),
        }
        if draw(st.booleans()):
            found["response"]["steepness"] = draw(floats(0.3, 4, 1))
        if draw(st.booleans()):
            found["lag_weeks"] = draw(spreads("weeks", 0.0, 9.0, quarters))
    return found


@st.composite
def closing(draw: st.DrawFn, quarters: int, money: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a segment, and its slips, may say of how deals close in detail."""
    found, slips = {}, {}
    if draw(st.booleans()):
        parts = draw(st.lists(st.integers(0, 4), min_size=13, max_size=13).filter(any))
        found["linearity"] = [part / sum(parts) for part in parts]
    if draw(st.booleans()):
        found["pull_ins"] = {
            "probability": draw(numbers("share", 0.0, 1.0, quarters)),
            "by_weeks": draw(spreads("weeks", 1.0, 9.0, quarters, delay=True)),
            "value_factor": draw(numbers("positive", 0.3, 1.0, quarters)),
        }

    def row() -> dict[str, Any]:
        return {key: draw(numbers("positive", 0.1, 3.0, lists=False)) for key in ("slip_probability", "win_rate")}

    if draw(st.booleans()):
        slips["by_pushes"] = [{"pushes": n, **row()} for n in sorted(draw(st.sets(st.integers(1, 4), max_size=3)))]
    if money and draw(st.booleans()):
        sizes = sorted(draw(st.sets(st.sampled_from([0, 900.5, 20_000, 60_000]), max_size=3)))
        slips["by_size"] = [{"above": size, **row()} for size in sizes]
    return found, {key: rows for key, rows in slips.items() if rows}


@st.composite
def customers(draw: st.DrawFn, quarters: int) -> dict[str, Any]:
    """What becomes of won deals."""
    found: dict[str, Any] = {"churn": draw(numbers("share", 0.0, 1.0, quarters))}
    if draw(st.booleans()):
        found |= {"renewal": draw(numbers("share", 0.0, 1.0, quarters)), "term_months": draw(st.integers(1, 24)),
                  "uplift": draw(numbers("real", -0.2, 0.3, quarters))}  # fmt: skip
    for key, domain in (("expansion", "positive"), ("contraction", "share")):
        if draw(st.integers(0, 2)) == 0:
            found[key] = draw(numbers("share", 0.0, 1.0, quarters))
            found[f"{key}_by"] = draw(numbers(domain, 0.05, 0.9, quarters))
    return found


@st.composite
def follow_up(draw: st.DrawFn, stages: list[str], entry: int, quarters: int) -> dict[str, Any]:
    """What becomes of leads, at some of the stages they go on from."""
    found: dict[str, Any] = {}
    for number, stage in enumerate(stages[entry:-2], entry):
        if draw(st.booleans()):
            continue
        shares = ["reached", "nurtured", "returns", "returned_conversion"]
        one: dict[str, Any] = {key: draw(numbers("share", 0.0, 1.0, quarters)) for key in shares if draw(st.booleans())}
        judged = draw(st.sampled_from(["", "disqualified", "score"])) if number > entry else ""
        if judged == "disqualified":
            one["disqualified"] = draw(numbers("share", 0.0, 0.9, quarters))
        elif judged == "score":
            one["good"], one["auc"] = draw(numbers("share", 0.05, 0.9, quarters)), draw(floats(0.5, 0.95, 2))
        if draw(st.booleans()):
            one["returns_after_weeks"] = draw(spreads("weeks", 1.0, 9.0, quarters, delay=True))
        if draw(st.booleans()):
            one["limit"] = draw(st.integers(1, 3))
        found[stage] = one
    return found


@st.composite
def accounts(draw: st.DrawFn, stages: list[str], segment: dict[str, Any], quarters: int) -> dict[str, Any]:
    """What a segment says of accounts; its rate into wins is taken away where they say it."""
    volume = segment["volume"]
    entry = stages.index(volume.get("stage", stages[0])) if isinstance(volume, dict) else 0

    def contacts() -> Any:
        if draw(st.booleans()):
            return {"shares": [share / 10 for share in draw(st.sampled_from([(10,), (5, 5), (2, 3, 5), (0, 0, 9, 1)]))]}
        return draw(spreads("contacts", 1.0, 6.0, quarters, delay=True))

    one: dict[str, Any] = {"contacts": contacts(), "qualified_at": draw(st.integers(1, 6))}
    if draw(st.booleans()):
        one["number"] = draw(numbers("positive", 0.5, 90, lists=False))
        if draw(st.booleans()):
            one["again_after_weeks"] = draw(spreads("weeks", 1.0, 20.0, quarters, delay=True))
    for key in ("contacts_per_week", "contacts_per_week_in_deal"):
        if draw(st.booleans()):
            one[key] = draw(numbers("positive", 0.05, 1.5, quarters))
    if draw(st.booleans()):
        one["buying_group"] = contacts()
    if entry < len(stages) - 2 and draw(st.booleans()):
        one["deal_needs"] = draw(st.integers(1, 4))
    if draw(st.integers(0, 2)):
        del segment["conversion"][stages[-1]]
        if draw(st.booleans()):
            starts = [1, *draw(st.lists(st.integers(2, 9), max_size=3, unique=True).map(sorted))]
            one["win_rate"] = [{"contacts": n, "rate": draw(numbers("share", 0.0, 1.0, lists=False))} for n in starts]
        elif draw(st.booleans()):
            one["win_rate"] = {"most": draw(numbers("share", 0.0, 1.0, lists=False)),
                               "half_at": draw(numbers("positive", 0.5, 9, lists=False))}  # fmt: skip
    for role in draw(st.lists(st.sampled_from(["champion", "user", "executive"]), max_size=3, unique=True)):
        persona = {"share": draw(numbers("share", 0.0, 1.0, lists=False))}
        for key in ("win_rate", "win_rate_without"):
            if draw(st.booleans()):
                persona[key] = draw(numbers("positive", 0.2, 2.0, lists=False))
        one.setdefault("personas", {})[role] = persona
    return one


@st.composite
def capacity(draw: st.DrawFn, stages: list[str], document: dict[str, Any], quarters: int) -> dict[str, Any]:
    """Teams, at most one for each segment and stage."""
    teams: dict[str, Any] = {}
    for number, stage in enumerate(stages[:-1]):
        if draw(st.integers(0, 2)):
            continue
        born = number == len(stages) - 2
        team: dict[str, Any] = {"people": draw(numbers("positive", 0.5, 6, quarters))}
        team["open_deals_each" if born else "each_per_week"] = draw(numbers("positive", 0.5, 12, quarters))
        passing = []
        for name, segment in document["segments"].items():
            volume = segment["volume"]
            if not isinstance(volume, dict) or stages.index(volume.get("stage", stages[0])) <= number:
                passing.append(name)
        name = draw(st.sampled_from([stage, f"team_{number}"]))
        if name != stage:
            team["stage"] = stage
        if passing and draw(st.booleans()):
            team["segments"] = draw(st.lists(st.sampled_from(passing), min_size=1, unique=True))
        more: dict[str, st.SearchStrategy[Any]] = {
            "ramp_weeks": numbers("positive", 0.5, 20, lists=False), "attrition": numbers("share", 0.0, 0.5, quarters),
            "ramp": st.lists(floats(0, 1, 2), min_size=1, max_size=4),
            "start_weeks": spreads("weeks", 0.0, 9.0, quarters), "replace_weeks": spreads("weeks", 0.0, 9.0, quarters),
            "patience_weeks": numbers("positive", 0.5, 8, quarters),
            "waiting_factor": numbers("share", 0.3, 1.0, quarters),
            "order": st.sampled_from(["fifo", "newest", "listed"]),
        }  # fmt: skip
        team |= {key: draw(strategy) for key, strategy in more.items() if draw(st.integers(0, 2)) == 0}
        teams[name] = team
    return teams


@st.composite
def events(draw: st.DrawFn, stages: list[str]) -> list[dict[str, Any]]:
    found = []
    for name in draw(st.lists(st.sampled_from(["budget freeze", "v2.0 launch", "no"]), max_size=2, unique=True)):
        event: dict[str, Any] = {"name": name, "probability": draw(floats(0, 1, 2))}
        if draw(st.booleans()):
            event["quarters"] = draw(st.integers(1, 3))
        for key in draw(
            st.lists(st.sampled_from(["volume", "slip_probability", "deal_size", *stages[1:]]), unique=True)
        ):
            event[key] = draw(numbers("positive", 0.2, 3.0, lists=False))
        found.append(event)
    return found


@st.composite
def targets(draw: st.DrawFn, calendar: Calendar, stages: list[str], names: list[str], money: list[str]) -> list[Any]:
    labels = calendar.labels
    periods: list[Any] = [*labels, "each quarter", "horizon", f"{labels[0]}..{labels[-1]}"]
    periods += [draw(st.sampled_from([year, int(year)])) for year in calendar.years]
    found = {}
    for _ in range(draw(st.integers(0, 4))):
        metrics = [*stages, *COUNTS] + ([*MONEY] if set(money) == set(names) else [])
        target: dict[str, Any] = {
            "metric": draw(st.sampled_from(metrics)),
            draw(st.sampled_from(["at_least", "at_most"])): draw(st.integers(0, 5000)),
            "in": draw(st.sampled_from(periods)),
        }
        who = draw(st.sampled_from([None, "one", "some"]))
        if who == "one":
            target["segment"] = draw(st.sampled_from(names))
        elif who == "some":
            target["segment"] = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        target["name"] = draw(st.sampled_from(["the number", "MQL floor", "1", "a.b = c"]))
        found[target["name"]] = target
    return list(found.values())


@st.composite
def valid_scenarios(
    draw: st.DrawFn,
    *,
    tables: Path | None = None,
    most_volume: float = 200.0,
    most_quarters: int = 4,
    people: bool = False,
    in_accounts: bool = False,
    rooms: bool = False,
) -> dict[str, Any]:
    """A document that ``load`` accepts.

    ``people`` : with teams and follow-up; ``in_accounts`` : with accounts; ``rooms`` : with spend, KPIs, customers, and
    deals that close in detail.
    """
    middle = draw(st.lists(st.sampled_from(STAGE_NAMES[:-1]), min_size=1, max_size=5, unique=True))
    stages = [*sorted(middle, key=STAGE_NAMES.index), draw(st.sampled_from(["wins", "customers"]))]
    quarters = draw(st.integers(1, most_quarters))
    start = draw(st.sampled_from(["2027-Q1", "2027-Q3", "2026-Q4", "2027-01-04"]))
    document: dict[str, Any] = {"name": "random", "start": start, "quarters": quarters, "stages": stages}
    if draw(st.booleans()):
        document["fiscal_year_starts"] = draw(st.integers(1, 12))
    names = draw(st.lists(st.sampled_from(SEGMENT_NAMES), min_size=1, max_size=3, unique=True))
    money = names if draw(st.booleans()) else draw(st.lists(st.sampled_from(names), unique=True))
    document["segments"] = {name: draw(segments(stages, quarters, most_volume, name in money)) for name in names}
    if people:
        for segment in document["segments"].values():
            volume = segment["volume"]
            entry = stages.index(volume.get("stage", stages[0])) if isinstance(volume, dict) else 0
            if draw(st.booleans()):
                segment["follow_up"] = draw(follow_up(stages, entry, quarters))
        document["capacity"] = draw(capacity(stages, document, quarters))
    if in_accounts:
        for name in draw(st.lists(st.sampled_from(names), min_size=1, unique=True)):
            segment = document["segments"][name]
            segment["accounts"] = draw(accounts(stages, segment, quarters))
    for name, segment in document["segments"].items() if rooms else ():
        what = draw(st.sets(st.sampled_from(["spend", "kpi", "closing", "customers"])))
        if "spend" in what:
            segment["spend"] = draw(spend(quarters))
        if "kpi" in what:
            metric = draw(st.sampled_from([stages[-1], *(["spend", "cac"] if "spend" in what else [])]))
            segment["kpi"] = {"metric": metric, "at_least": draw(st.integers(0, 60)), "in": "horizon"}
        if "closing" in what:
            more, slips = draw(closing(quarters, name in money))
            segment |= more
            if slips:
                segment["slips"] = {**segment.get("slips", {"probability": 0.3}), **slips}
        if "customers" in what and stages[-1] != "customers":  # no stage has the name of what is counted of them
            segment["customers"] = draw(customers(quarters))
    calendar = Calendar(start, quarters, document.get("fiscal_year_starts", 1))
    opening: dict[str, Any] = {"warm_up_quarters": draw(st.integers(0, 3))}
    if tables is not None:
        opening |= draw(_opening(tables, calendar, document))
    document["opening"] = opening
    market: dict[str, Any] = {}
    if draw(st.booleans()):
        market["conversion"] = {
            "sd": draw(floats(0, 0.6, 2)),
            "common": draw(floats(0, 1, 2)),
            "persistence": draw(floats(-0.9, 0.9, 2)),
        }
    if draw(st.booleans()):
        market["volume"] = {"sd": draw(floats(0, 0.6, 2)), "common": draw(floats(0, 1, 2))}
    if draw(st.booleans()):
        market["slip_concentration"] = draw(floats(0.5, 50, 1))
    if found := draw(events(stages)):
        market["events"] = found
    if market:
        document["market"] = market
    document["targets"] = draw(targets(calendar, stages, names, money))
    correlated = _uncertain(document)
    if len(correlated) > 1 and draw(st.booleans()):
        pair = draw(st.lists(st.sampled_from(correlated), min_size=2, max_size=2, unique=True))
        document["correlations"] = [{"between": pair, "rank": draw(floats(-0.95, 0.95, 2))}]
    document["simulation"] = {"trials": draw(st.integers(1, 50)), "seed": draw(st.integers(0, 2**40))}
    return document


def _uncertain(document: dict[str, Any]) -> list[str]:
    """Paths of rates that are single ranges without a shared name."""
    found = []
    for name, segment in document["segments"].items():
        for stage, rate in segment["conversion"].items():
            if isinstance(rate, dict) and "name" not in rate:
                found.append(f"segments.{name}.conversion.{stage}")
    return found


@st.composite
def _opening(draw: st.DrawFn, folder: Path, calendar: Calendar, document: dict[str, Any]) -> dict[str, Any]:
    """Open deals and leads in flight, in files named by what they hold."""
    written: dict[str, Any] = {}
    names, stages = list(document["segments"]), document["stages"]
    first = calendar.first_day(0)

    def day(low: int, high: int) -> date:
        return first + timedelta(days=draw(st.integers(low, high)))

    def write(kind: str, rows: list[str]) -> str:
        text = "\n".join(rows) + "\n"
        file = folder / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.csv"
        file.write_text(text, encoding="utf-8")
        return str(file)

    if draw(st.booleans()):
        rows = ["id,segment,amount,expected_close,win_probability,pushes,created"]
        own = False
        for number in range(draw(st.integers(0, 4))):
            close = draw(st.sampled_from([None, day(-30, 500)]))
            chance = draw(st.sampled_from(["", draw(floats(0, 1, 2))]))
            own = own or chance != ""
            created = draw(st.sampled_from([None, day(-400, 0)]))
            rows.append(
                f"D{number},{draw(st.sampled_from(names))},{draw(floats(1, 90_000, 2))},{close or ''},{chance},"
                f"{draw(st.integers(0, 4))},{created or ''}"
            )
        written["deals"] = write("deals", rows)
        if own and draw(st.booleans()):
            written["win_probability"] = draw(st.sampled_from([0.3, {"times": 1.2}, {"p10": 0.2, "p90": 0.5}]))
    leads = []
    for name in names:
        volume = document["segments"][name]["volume"]
        entry = stages.index(volume["stage"]) if isinstance(volume, dict) and "stage" in volume else 0
        leads += [(name, stage) for stage in stages[entry:-2]]
    if leads and draw(st.booleans()):
        rows = ["segment,stage,entered,count"]
        for _ in range(draw(st.integers(0, 4))):
            name, stage = draw(st.sampled_from(leads))
            rows.append(f"{name},{stage},{day(-200, -1)},{draw(st.integers(0, 30))}")
        written["leads"] = write("leads", rows)
    return written
