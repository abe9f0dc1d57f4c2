"""Paths and changes: ``--set`` and what-ifs, absolute and relative, wildcards, quarters, suggestions."""

from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.labels import label
from simulator.scenario.levers import levers, split
from simulator.scenario.load import load
from simulator.scenario.uncertain import Certain, Pert, Range

EXAMPLES = Path(__file__).parents[2] / "scenarios"
PLAN = """\
name: Plan
start: 2027-Q1
quarters: 4
segments:
  inbound:
    volume: 1000
    conversion: {engagements: 0.4, mqls: {p10: 0.3, p90: 0.5}, sqls: [0.5, {p10: 0.5, p90: 0.7}], wins: 0.3}
    lag_weeks: {mqls: 2, wins: {mean: 8, cv: 0.5}}
    deal_size: {mean: {p10: 30_000, p90: 50_000}, cv: 0.8}
    slips: {probability: 0.2}
  outbound:
    volume: {stage: mqls, per_quarter: {p10: 30, p90: 50}, growth: 0.1}
    conversion: {sqls: 0.5, wins: 0.2}
    deal_size: 20_000
market:
  conversion: {sd: 0.1}
  events: [{name: v2.0 launch, probability: 0.1, wins: 1.2}]
targets:
  - {metric: wins, at_least: 25, in: 2027-Q4}
  - {metric: wins, at_least: 80, in: 2027-Q1..2027-Q3, segment: inbound}
  - {metric: mqls, at_least: 110, in: each quarter, name: MQL floor}
"""


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN)
    return load(file)


def changed(plan, *overrides):
    """What a change changes, and to what."""
    return {path: after for path, _, after in plan.differences(load(plan, overrides=overrides))}


@pytest.mark.parametrize(
    "override, expected",
    [
        ("segments.inbound.conversion.engagements=0.5", {"segments.inbound.conversion.engagements": 0.5}),
        ("segments.inbound.conversion.engagements=+10%", {"segments.inbound.conversion.engagements": 0.44}),
        ("segments.inbound.conversion.engagements=-5%", {"segments.inbound.conversion.engagements": 0.38}),
        ("segments.inbound.conversion.engagements=*1.2", {"segments.inbound.conversion.engagements": 0.48}),
        ("segments.inbound.conversion.mqls=0.5", {"segments.inbound.conversion.mqls": 0.5}),
        (
            "segments.inbound.conversion.mqls=+10%",
            {"segments.inbound.conversion.mqls": {"p10": 0.3, "p90": 0.5, "times": 1.1}},
        ),
        (
            "segments.inbound.conversion.mqls={p10: 0.2, p90: 0.6}",
            {"segments.inbound.conversion.mqls": {"p10": 0.2, "p90": 0.6}},
        ),
        (
            "segments.*.conversion.wins=*1.5",
            {"segments.inbound.conversion.wins": 0.45, "segments.outbound.conversion.wins": 0.3},
        ),
        ("segments.*.conversion.mqls=0.4", {"segments.inbound.conversion.mqls": 0.4}),
        ("segments.inbound.volume=+20%", {"segments.inbound.volume": 1200}),
        ("segments.inbound.volume=[1000, 1200]", {f"segments.inbound.volume.2027-Q{q}": 1200 for q in (2, 3, 4)}),
        ("segments.inbound.volume.2027-Q3=1500", {"segments.inbound.volume.2027-Q3": 1500}),
        ("segments.inbound.volume.2027-Q4=-50%", {"segments.inbound.volume.2027-Q4": 500}),
        ("segments.inbound.volume.growth=0.02", {"segments.inbound.volume.growth": 0.02}),
        ("segments.outbound.volume=40", {"segments.outbound.volume": 40}),
        ("segments.outbound.volume=*2", {"segments.outbound.volume": {"p10": 30, "p90": 50, "times": 2}}),
        ("segments.outbound.volume.per_quarter=40", {"segments.outbound.volume": 40}),
        ("segments.inbound.conversion.sqls.2027-Q1=0.6", {"segments.inbound.conversion.sqls.2027-Q1": 0.6}),
        (
            "segments.inbound.conversion.sqls=+10%",
            {
                "segments.inbound.conversion.sqls.2027-Q1": 0.55,
                **{
                    f"segments.inbound.conversion.sqls.2027-Q{q}": {"p10": 0.5, "p90": 0.7, "times": 1.1}
                    for q in (2, 3, 4)
                },
            },
        ),
        ("segments.inbound.lag_weeks.mqls=*2", {"segments.inbound.lag_weeks.mqls": 4}),
        ("segments.inbound.lag_weeks.wins.mean=+25%", {"segments.inbound.lag_weeks.wins.mean": 10}),
        ("segments.inbound.lag_weeks.wins=6", {"segments.inbound.lag_weeks.wins": 6}),
        ("segments.inbound.deal_size.mean=42_000", {"segments.inbound.deal_size.mean": 42000}),
        (
            "segments.*.slips.probability=0.1",
            {f"segments.{name}.slips.probability": 0.1 for name in ("inbound", "outbound")},
        ),
        ("segments.inbound.slips.limit=1", {"segments.inbound.slips.limit": 1}),
        ("segments.inbound.slips.delay_weeks.mean=6", {"segments.inbound.slips.delay_weeks.mean": 6}),
        ("targets.MQL floor.at_least=120", {"targets.MQL floor.at_least": 120}),
        ("targets.MQL floor.at_least=+10%", {"targets.MQL floor.at_least": 121}),
        ("targets.3.at_least=120", {"targets.MQL floor.at_least": 120}),
        ("market.conversion.sd=0.2", {"market.conversion.sd": 0.2}),
        ("market.conversion.persistence=0.5", {"market.conversion.persistence": 0.5}),
        ("market.volume.sd=0.1", {"market.volume.sd": 0.1}),
        ("market.events.v2.0 launch.wins=*0.5", {"market.events.v2.0 launch.wins": 0.6}),
        ("market.events.*.probability=0", {"market.events.v2.0 launch.probability": 0}),
        ("market.events.v2.0 launch.mqls=+10%", {"market.events.v2.0 launch.mqls": 1.1}),
        ("opening.warm_up_quarters=8", {"opening.warm_up_quarters": 8}),
        ("stages=[visitors, engagements, mqls, sqls, wins]", {}),
    ],
)
def test_change(plan, override, expected):
    assert changed(plan, override) == expected


def test_spread_keeps_its_uncertainty_and_scales_what_is_drawn(plan):
    size = load(plan, overrides=["segments.inbound.deal_size=*1.2"]).segments["inbound"].deal_size
    assert size.times == 1.2
    assert size.mean == plan.segments["inbound"].deal_size.mean


def test_repeats_multiply(plan):
    path = "segments.inbound.conversion.mqls"
    twice = load(plan, overrides=[f"{path}=+10%", f"{path}=*1.5"])
    assert dict(twice.numbers())[path] == Range(0.3, 0.5, times=1.65, domain="share")


def test_a_value_replaces_what_was_scaled_before(plan):
    path = "segments.inbound.conversion.mqls"
    assert dict(load(plan, overrides=[f"{path}=+10%", f"{path}=0.4"]).numbers())[path] == Certain(0.4, domain="share")


def test_targets_are_found_by_their_default_names(plan):
    raised = load(plan, overrides=["targets.wins >= 25 in 2027-Q4.at_least=30"])
    assert [target.name for target in raised.targets] == [
        "wins >= 30 in 2027-Q4",
        "wins >= 80 in 2027-Q1..2027-Q3 for inbound",
        "MQL floor",
    ]
    lower = load(plan, overrides=["targets.wins >= 80 in 2027-Q1..2027-Q3 for inbound.at_least=70"])
    assert lower.targets[1].at_least == 70
    assert {target.at_least for target in load(plan, overrides=["targets.*.at_least=0"]).targets} == {0}


def test_one_quarter_of_a_range_keeps_the_one_doubt(plan):
    """The quarters share a uniform that is named by the path, as it was before."""
    more = plan.with_changes({"segments.outbound.volume.2027-Q3": "+50%"})
    items = [number for path, number in more.numbers() if path.startswith("segments.outbound.volume.2027")]
    assert {item.name for item in items} == {"segments.outbound.volume"}
    assert [item.times for item in items] == [1, 1, 1.5, 1]
    last = plan.with_changes({"segments.inbound.conversion.sqls.2027-Q4": "*0.5"})
    items = [number for path, number in last.numbers() if path.startswith("segments.inbound.conversion.sqls")]
    assert [item.name for item in items] == [None, *["segments.inbound.conversion.sqls.2027-Q2"] * 3]


def test_with_changes_takes_python_values(plan):
    number = Pert(0.2, 0.3, 0.5, domain="share", name="quality")
    path = "segments.inbound.conversion.mqls"
    assert dict(plan.with_changes({path: number}).numbers())[path] == number
    assert dict(plan.with_changes({path: {"p10": 0.2, "p90": 0.4}}).numbers())[path].p90 == 0.4
    sizes = plan.with_changes({"segments.outbound.deal_size": plan.segments["inbound"].deal_size})
    assert sizes.segments["outbound"].deal_size == plan.segments["inbound"].deal_size
    np = pytest.importorskip("numpy")
    assert dict(plan.with_changes({path: np.float64(0.25)}).numbers())[path].median() == 0.25
    assert plan.with_changes({"segments.inbound.volume": np.array([900, 950])}).segments["inbound"].volume.per_quarter[
        1
    ] == Certain(950, domain="positive")


def test_the_scenario_itself_never_changes(plan):
    before, text = plan.sha256, plan.to_yaml()
    plan.with_changes({"segments.*.conversion.*": "*0.5", "targets.MQL floor.at_least": 1, "quarters": 6})
    assert (plan.sha256, plan.to_yaml()) == (before, text)
    assert plan.with_changes({}) == plan


def test_own_win_probabilities_of_open_deals():
    plan = load(EXAMPLES / "enterprise.yaml")

    def own(*overrides):
        return [deal.win_probability for deal in load(plan, overrides=list(overrides)).opening.deals]

    before = own()
    assert before[:2] == [0.6, 0.5] and before[-1] is None
    assert own("opening.win_probability=0.3") == [0.3] * 11 + [None]
    assert own("opening.win_probability=+10%")[:2] == [0.66, 0.55]
    assert own("opening.win_probability=+10%", "opening.win_probability=*2")[:2] == [1.0, 1.0]
    assert own("opening.win_probability=0.3", "opening.win_probability=*2")[0] == 0.6
    uncertain = load(plan, overrides=["opening.win_probability={p10: 0.3, p90: 0.6}"])
    assert dict(uncertain.numbers())["opening.win_probability"] == Range(0.3, 0.6, domain="share")
    assert [deal.win_probability for deal in uncertain.opening.deals] == before, "left to the draw of each trial"
    doubled = load(plan, overrides=["opening.win_probability=*2"])
    assert plan.differences(doubled) == [("opening.win_probability", None, {"times": 2})]
    assert doubled.warnings == ("opening.win_probability: 6 open deals are capped at a probability of 1",)


@pytest.mark.parametrize(
    "override, message",
    [
        ("segments.inbound.conversion.engagements=*3", "engagements=*3: 1.2 is not in [0, 1]"),
        ("segments.inbund.volume=3", "unknown path: there is no 'inbund' in segments (did you mean 'inbound'?)"),
        (
            "segments.inbound.conversion.mql=0.4",
            "there is no 'mql' in segments.inbound.conversion (did you mean 'mqls'?)",
        ),
        ("inbound.conversion.wins=0.4", "unknown path (did you mean 'segments.inbound.conversion.wins'?)"),
        ("conversion.mqls=0.4", "unknown path (did you mean 'segments.inbound.conversion.mqls'?)"),
        ("segments.inbound.conversion=0.4", "does not end at a number, range, spread or list"),
        ("segments.outbound.conversion.mqls=0.4", "unknown path"),
        ("segments.nobody*.conversion.mqls=0.4", "unknown path"),
        ("segments.inbound.volume.2028-Q1=3", "2028-Q1 is outside the horizon (2027-Q1 to 2027-Q4)"),
        ("segments.inbound.slips.limit.2027-Q1=3", "does not change by quarter"),
        (
            "segments.inbound.lag_weeks.wins.2027-Q1=3",
            "is a spread; allowed: segments.inbound.lag_weeks.wins.mean.QUARTER",
        ),
        ("segments.inbound.slips.limit=*1.5", "4.5 is not a whole number from 0 to 100"),
        ("segments.inbound.volume=+100", "+100 is neither a value (100) nor a relative change (+10%, *1.2)"),
        ("segments.inbound.volume", "is not PATH=VALUE"),
        ("segments.inbound.volume=[1", "not valid YAML"),
        ("segments.inbound.volume=1 000", "'1 000' is not a number"),
        ("segments.outbound.lag_weeks.losses=+10%", "there is nothing yet that could be changed by a factor"),
        ("market.slip_concentration=*2", "there is nothing yet that could be changed by a factor"),
        ("opening.win_probability=+10%", "there are no open deals with a win_probability of their own"),
        ("targets.MQL flor.at_least=3", "there is no 'MQL flor' in targets (did you mean 'MQL floor'?)"),
        ("quarters=2", "targets.1.in: '2027-Q4' is outside the horizon (2027-Q1 to 2027-Q2)"),
        ("segments.inbound.conversion.mqls=null", "is required"),
        ("segments.inbound.conversion.sqls.2027-Q1=+10%=3", "is not a number"),
    ],
)
def test_wrong_change(plan, override, message):
    with pytest.raises(ScenarioError) as caught:
        load(plan, overrides=[override])
    assert message in str(caught.value)
    if "quarters" not in override:
        assert str(caught.value).startswith(f"--set {override}: ")


def test_all_wrong_changes_at_once_after_the_faults_of_the_file(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN.replace("engagements: 0.4", "engagements: 4"))
    with pytest.raises(ScenarioError) as caught:
        load(file, overrides=["segments.inbound.volume=-3", "nonsense=1", ("segments.outbound.deal_size", 0)])
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{file}:7: segments.inbound.conversion.engagements: 4 is not in [0, 1]"
    assert lines[1] == "--set segments.inbound.volume=-3: -3 is not 0 or more"
    assert lines[2].startswith("--set nonsense=1: unknown path")
    assert lines[3] == "change of segments.outbound.deal_size to 0: 0 is not above 0"


def test_a_change_can_mend_a_file(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN.replace("engagements: 0.4", "engagements: 4").replace("volume: 1000", "volume: null"))
    mended = load(file, overrides=["segments.inbound.conversion.engagements=0.4", "segments.inbound.volume=1000"])
    assert mended.segments["inbound"].volume.per_quarter == (Certain(1000, domain="positive"),)


def test_zero_stays_zero_and_says_so(plan):
    same = load(plan, overrides=["segments.inbound.lag_weeks.sqls=+10%"])
    path = "segments.inbound.lag_weeks.sqls"
    assert same.warnings == (f"--set {path}=+10%: {path} is 0, a relative change leaves it so",)


def test_made_certain_drops_its_correlation():
    plan = load(EXAMPLES / "mid-market.yaml")
    path = "segments.inbound.conversion.mqls"
    sure = plan.with_changes({path: 0.3})
    assert len(plan.correlations) == 1 and sure.correlations == ()
    assert sure.warnings == (
        f"correlations.1: {path!r} was changed and is no uncertain number now; its correlation is dropped",
    )
    assert sure.with_changes({"segments.inbound.volume": 9_000}).correlations == ()
    one_quarter = plan.with_changes({f"{path}.2027-Q1": "*0.5"})
    assert one_quarter.correlations[0].between[0] == f"{path}.2027-Q1", "the correlation stays with the one doubt"
    assert load({**one_quarter.document, "extends": None}) is not None


def test_dates_and_blocks():
    document = {
        "start": "2027-01-04",
        "quarters": 3,
        "stages": ["sqls", "wins"],
        "segments": {"all of it": {"volume": [9, 10, 11], "conversion": {"wins": 0.3}}},
    }
    plan = load(document, overrides=[("segments.all of it.volume.P2", 12)])
    assert [number.median() for path, number in plan.numbers() if ".P" in path] == [9, 12, 11]
    with pytest.raises(ScenarioError, match=r"P4 is outside the horizon \(P1 to P3\)"):
        load(document, overrides=["segments.all of it.volume.P4=12"])


def test_levers(plan):
    (lever,) = levers(plan, "segments.inbound.conversion.engagements")
    assert (lever.number, lever.low, lever.high, lever.whole) == (0.4, 0, 1, False)
    assert [lever.path for lever in levers(plan, "segments.*.conversion.wins")] == [
        "segments.inbound.conversion.wins",
        "segments.outbound.conversion.wins",
    ]
    (limit,) = levers(plan, "segments.inbound.slips.limit")
    assert (limit.number, limit.whole, limit.high) == (3, True, 100)
    (mean,) = levers(plan, "segments.inbound.deal_size.mean")
    assert mean.number is None and mean.value == {"p10": 30000, "p90": 50000} and mean.open_low
    (third,) = levers(plan, "segments.inbound.conversion.sqls.2027-Q3")
    assert third.path.endswith("2027-Q3") and third.value == {"p10": 0.5, "p90": 0.7}
    (factor,) = levers(plan, "segments.outbound.slips.win_rate_factor")
    assert factor.number == 1
    (size,) = levers(plan, "segments.inbound.lag_weeks.losses")
    assert size.value is None
    with pytest.raises(ScenarioError, match="did you mean 'inbound'"):
        levers(plan, "segments.inbond.volume")
    with pytest.raises(ScenarioError, match="outside the horizon"):
        levers(plan, "segments.inbound.volume.2029-Q1")


def test_assignments_come_apart_at_the_right_sign(plan):
    assert split(plan, "targets.wins >= 25 in 2027-Q4.at_least=20:30:11") == (
        "targets.wins >= 25 in 2027-Q4.at_least",
        "20:30:11",
    )
    assert split(plan, "segments.inbound.volume=800:1200:5") == ("segments.inbound.volume", "800:1200:5")
    assert split(plan, "no sign") is None


STAGES = ("visitors", "engagements", "mqls", "sqls", "wins")


@pytest.mark.parametrize(
    "path, words",
    [
        ("segments.inbound.conversion.mqls", "inbound: engagements → MQLs"),
        ("segments.inbound.conversion.mqls.2027-Q3", "inbound: engagements → MQLs in 2027-Q3"),
        ("segments.inbound.conversion.*", "inbound: every rate"),
        ("segments.*.volume", "volume (all segments)"),
        ("segments.inbound.volume.growth", "inbound: growth per quarter"),
        ("segments.inbound.lag_weeks.wins.mean", "inbound: weeks SQLs → wins, mean"),
        ("segments.inbound.lag_weeks.losses.median", "inbound: weeks to a loss, median"),
        ("segments.inbound.deal_size.cv", "inbound: deal size, variation"),
        ("segments.inbound.slips.probability", "inbound: slip probability"),
        ("segments.inbound.slips.delay_weeks.mean", "inbound: weeks lost per slip, mean"),
        ("opening.win_probability", "open deals: win probability"),
        ("market.conversion.sd", "market, rates: sd"),
        ("market.slip_concentration", "market: slip concentration"),
        ("market.events.budget freeze.wins", "budget freeze: times SQLs → wins"),
        ("market.events.budget freeze.probability", "budget freeze: probability per quarter"),
        ("targets.wins >= 25 in 2027-Q1..2027-Q3.at_least", "wins >= 25 in 2027-Q1..2027-Q3: at least"),
        ("simulation.trials", "trials"),
        ("fiscal_year_starts", "fiscal year starts"),
    ],
)
def test_labels(path, words):
    assert label(path, STAGES) == words
