"""Every form of the grammar, read as it is meant; one small file per form in ``tests/scenarios/valid``."""

from datetime import date
from pathlib import Path

import pytest

from simulator.scenario.dump import to_yaml
from simulator.scenario.load import load
from simulator.scenario.schema import json_schema
from simulator.scenario.spreads import FixedSpread, Geometric, MeanCv, MedianP90, Sample, WeeksTable
from simulator.scenario.uncertain import Certain, MeanSd, Metalog, Pert, Range, Successes, Values

jsonschema = pytest.importorskip("jsonschema")
VALID = Path(__file__).parent.parent / "scenarios" / "valid"
FILES = sorted(VALID.glob("*.yaml"))


def positive(value):
    return (Certain(float(value), domain="positive"),)


def share(value):
    return (Certain(float(value), domain="share"),)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_loads_and_survives_the_resolved_form(file, tmp_path):
    plan = load(file)
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(to_yaml(plan, str(tmp_path)), encoding="utf-8")
    again = load(resolved)
    assert again == plan and again.differences(plan) == []
    assert to_yaml(again, str(tmp_path)) == to_yaml(plan, str(tmp_path))
    schema = jsonschema.Draft202012Validator(json_schema())
    for document in (plan.document, again.document):
        assert [error.message for error in schema.iter_errors(document)] == []


def test_smallest_has_all_defaults():
    plan = load(VALID / "smallest.yaml")
    segment = plan.segments["inbound"]
    assert (plan.format, plan.currency, plan.fiscal_year_starts, plan.name) == (1, "USD", 1, "smallest")
    assert plan.stages == ("visitors", "engagements", "mqls", "sqls", "wins")
    assert segment.volume.stage == "visitors"
    assert segment.volume.growth == (Certain(0.0, domain="real"),)
    assert segment.volume.dispersion == positive(1)
    assert segment.volume.weekly_profile is None
    assert set(segment.lag_weeks) == {"engagements", "mqls", "sqls", "wins"}
    assert segment.lag_weeks["wins"] == FixedSpread(positive(0))
    assert segment.deal_size is None
    assert (segment.slips.probability, segment.slips.limit) == (share(0), 3)
    assert segment.slips.delay_weeks == Geometric(positive(4))
    assert segment.slips.win_rate_factor == positive(1)
    assert (plan.opening.warm_up_quarters, plan.opening.deals, plan.opening.leads) == (4, None, None)
    assert (plan.market.conversion.sd, plan.market.conversion.common, plan.market.conversion.persistence) == (0, 0, 0)
    assert (plan.market.volume.sd, plan.market.volume.common, plan.market.slip_concentration) == (0, 0, None)
    assert (plan.market.events, plan.targets, plan.correlations) == ((), (), ())
    assert (plan.simulation.trials, plan.simulation.seed) == (10_000, None)
    assert plan.warnings == ()


def test_numbers():
    segment = load(VALID / "numbers.yaml").segments["inbound"]
    volume, rates = segment.volume.per_quarter, segment.conversion
    assert volume == (
        Certain(1000.0, domain="positive"),
        Range(900, 1400, domain="positive"),
        MeanSd(1000, 200, domain="positive"),
        Metalog(800, 1000, 1500, domain="positive"),
    )
    assert rates["engagements"] == (Pert(0.2, 0.3, 0.35, domain="share", name="quality"),)
    assert rates["mqls"] == (Successes(35, 100, domain="share", times=1.1),)
    assert rates["sqls"] == (Values((0.5, 0.6), domain="share"), Metalog(0.4, 0.5, 0.7, domain="share", name="quality"))
    assert rates["wins"] == (MeanSd(0.3, 0.05, domain="share"),)
    assert segment.volume.growth == (Range(-0.05, 0.1, domain="real"),)
    assert segment.slips.probability == (Range(0.1, 0.3, domain="share"),)


def test_numbers_without_width_are_certain():
    rates = load(VALID / "no-width.yaml").segments["inbound"].conversion
    assert rates == {
        stage: share(rate) for stage, rate in {"engagements": 0.3, "mqls": 0.4, "sqls": 0.66, "wins": 0.35}.items()
    }


def test_spreads():
    lags = load(VALID / "spreads.yaml").segments["inbound"].lag_weeks
    assert list(lags) == ["engagements", "mqls", "sqls", "wins", "losses"]
    assert lags["engagements"] == FixedSpread(positive(2.5))
    assert lags["mqls"] == MeanCv(positive(2), positive(1), "gamma")
    assert lags["sqls"] == WeeksTable((0.25, 0.5, 0.25))
    assert lags["wins"] == MedianP90((*positive(12), *positive(13)), (Range(40, 50, domain="positive"),), times=1.5)
    assert lags["losses"] == FixedSpread((*positive(6), *positive(7)))
    segment = load(VALID / "spreads.yaml").segments["inbound"]
    assert segment.deal_size == MeanCv(positive(40_000), positive(0.8), "lognormal", unit="money")
    assert segment.slips.delay_weeks == Geometric((Range(3, 5, domain="positive"),))
    other = load(VALID / "spreads.yaml").segments["outbound"]
    assert other.deal_size == Sample((12000.0, 48000.0, 31000.5), "anywhere", "amount", unit="money")
    assert other.slips.delay_weeks == MeanCv(positive(3), positive(0.5), "weibull")
    assert other.lag_weeks["wins"] == MeanCv(positive(8), positive(1), "exponential")
    assert other.lag_weeks["losses"] == Sample((0.0, 2.0, 7.5), "anywhere", "weeks")


def test_shares_that_almost_sum_to_one_are_made_to():
    plan = load(VALID / "rounded-shares.yaml")
    segment = plan.segments["inbound"]
    assert sum(segment.volume.weekly_profile) == pytest.approx(1, abs=1e-12)
    assert sum(segment.lag_weeks["wins"].weeks) == pytest.approx(1, abs=1e-12)


def test_market():
    plan = load(VALID / "market.yaml")
    freeze, launch = plan.market.events
    assert (plan.market.conversion.sd, plan.market.volume.common, plan.market.slip_concentration) == (0.1, 0.4, 20)
    assert (freeze.name, freeze.probability, freeze.quarters) == ("budget freeze", 0.05, 2)
    assert freeze.rates == {"wins": Certain(0.7, domain="positive")}
    assert freeze.slip_probability == Certain(2.5, domain="positive")
    assert launch.rates["mqls"] == Range(1.1, 1.4, domain="positive")
    assert launch.volume == Certain(1.0, domain="positive")
    paths = dict(plan.numbers())
    assert "market.events.budget freeze.wins" in paths
    assert "market.events.no.volume" not in paths, "a multiplier left at 1 is no assumption"
    assert plan.segments["no"].volume.per_quarter == positive(10), "`no` and `on` are text"


def test_targets():
    plan = load(VALID / "targets.yaml")
    found = {target.name: (target.period.quarters, target.period.each, target.segment) for target in plan.targets}
    assert found == {
        "wins >= 25 in 2027-Q4": ((3,), False, None),
        "wins >= 90.5 in 2027": ((0, 1, 2, 3), False, None),
        "bookings >= 3500000 in 2027-Q1..2027-Q3": ((0, 1, 2), False, None),
        "MQL floor": ((0, 1, 2, 3), True, "inbound"),
        "losses <= 400 in horizon for inbound, outbound": ((0, 1, 2, 3), False, ("inbound", "outbound")),
        "open_deals >= 10 in 2027-Q4 for 2027": ((3,), False, "2027"),
    }
    assert plan.targets[4].at_most == 400 and plan.targets[4].at_least is None


def test_other_stages():
    plan = load(VALID / "stages.yaml")
    assert plan.stages == ("leads", "demos", "customers")
    assert list(plan.segments["inbound"].conversion) == ["demos", "customers"]
    late = plan.segments["referrals"]
    assert late.volume.stage == "demos" and list(late.conversion) == ["customers"]
    assert list(late.lag_weeks) == ["customers", "losses"]
    assert plan.targets[0].metric == "customers"


def test_fiscal_years_and_blocks():
    fiscal = load(VALID / "fiscal-year.yaml")
    assert fiscal.calendar.first_day(0) == date(2027, 8, 1)
    assert [target.period.quarters for target in fiscal.targets] == [(0, 1), (2, 3, 4, 5)]
    assert [target.period.partial for target in fiscal.targets] == [True, False]
    assert fiscal.warnings == (
        f"{VALID / 'fiscal-year.yaml'}:9: targets.1: only 2027-Q3 and 2027-Q4 of the fiscal year 2027 are inside the "
        "horizon",
    )
    blocks = load(VALID / "blocks.yaml")
    assert blocks.calendar.labels == ("P1", "P2", "P3")
    assert blocks.targets[0].period.quarters == (0, 1)


def test_opening():
    plan = load(VALID / "opening.yaml")
    first, second, third = plan.opening.deals
    assert first.model_dump() == {
        "id": "D-1",
        "segment": "inbound",
        "amount": 120000.0,
        "expected_close": date(2027, 2, 26),
        "win_probability": 0.4,
        "pushes": 1,
        "created": date(2026, 10, 12),
        "contacts": None,
    }
    assert (second.expected_close, second.win_probability, second.pushes, second.created) == (None, None, 0, None)
    assert third.id == "Müller, Söhne & Co" and third.amount == 48000.5
    lead, other = plan.opening.leads
    assert (lead.segment, lead.stage, lead.entered, lead.count) == ("inbound", "mqls", date(2026, 12, 7), 6)
    assert (other.stage, other.count) == ("visitors", 1)
    (warning,) = plan.warnings
    assert warning.endswith("opening-deals.csv: not used: owner")


def test_tables_with_other_separators_and_marks(tmp_path):
    (tmp_path / "semicolon.csv").write_bytes(
        "\ufeffID;Segment;Amount;Expected Close\r\nD-1;inbound;120000;2027-02-26\r\n\r\nD-2;inbound;48000;\r\n".encode()
    )
    (tmp_path / "tabs.csv").write_text("segment\tstage\tentered\ninbound\tmqls\t2026-12-07\n")
    plan = load(
        {
            **load(VALID / "smallest.yaml").document,
            "opening": {"deals": str(tmp_path / "semicolon.csv"), "leads": str(tmp_path / "tabs.csv")},
        }
    )
    assert [(deal.id, deal.amount, deal.expected_close) for deal in plan.opening.deals] == [
        ("D-1", 120000, date(2027, 2, 26)),
        ("D-2", 48000, None),
    ]
    assert plan.opening.leads[0].stage == "mqls"


def test_a_list_longer_than_the_horizon_is_a_warning():
    plan = load(
        {
            **load(VALID / "smallest.yaml").document,
            "quarters": 2,
            "segments": {
                "a": {"volume": [1, 2, 3], "conversion": dict.fromkeys(("engagements", "mqls", "sqls", "wins"), 0.5)}
            },
        }
    )
    assert plan.warnings == ("segments.a.volume: 3 values for 2 quarters; the rest is not used",)
    assert [path for path, _ in plan.numbers()][:2] == ["segments.a.volume.2027-Q1", "segments.a.volume.2027-Q2"]


def test_correlations_name_leaf_numbers():
    plan = load(VALID / "correlations.yaml")
    assert [correlation.between for correlation in plan.correlations] == [
        ("segments.inbound.volume", "segments.inbound.deal_size.mean"),
        ("segments.inbound.conversion.mqls.2027-Q1", "segments.inbound.conversion.sqls"),
    ]
    numbers = dict(plan.numbers())
    assert all(path in numbers for correlation in plan.correlations for path in correlation.between)


def test_frozen():
    plan = load(VALID / "smallest.yaml")
    with pytest.raises(Exception, match="frozen"):
        plan.quarters = 5
    with pytest.raises(Exception, match="frozen"):
        plan.segments["inbound"].slips.limit = 5


def test_hash_ignores_formatting_and_sees_content(tmp_path):
    text = (VALID / "opening.yaml").read_text()
    for name in ("opening-deals.csv", "opening-leads.csv"):
        (tmp_path / name).write_bytes((VALID / name).read_bytes())
    same, other = tmp_path / "same.yaml", tmp_path / "other.yaml"
    same.write_text("# a remark\n" + text.replace("volume: 1000", "volume:   1_000.0"))
    plan = load(VALID / "opening.yaml")
    assert load(same).sha256 == plan.sha256 and load(same) == plan and hash(load(same)) == hash(plan)
    other.write_text(text.replace("volume: 1000", "volume: 1001"))
    assert load(other).sha256 != plan.sha256
    table = tmp_path / "opening-deals.csv"
    table.write_text(table.read_text().replace("120000", "120001"))
    assert load(same).sha256 != plan.sha256, "what a table says counts"
    assert [path for path, _, _ in load(same).differences(plan)] == ["opening.deals"]


def test_parts_can_be_built_by_hand_but_not_from_raw_values():
    from pydantic import ValidationError

    from simulator.scenario.model import Market, Scenario, Segment, Slips, Volume

    segment = Segment(
        volume=Volume(stage="sqls", per_quarter=positive(40)),
        conversion={"wins": share(0.3)},
        lag_weeks={"wins": MeanCv(positive(8), positive(1), "gamma")},
    )
    plan = Scenario(start="2027-Q1", quarters=2, stages=("sqls", "wins"), segments={"inbound": segment})
    by_file = {
        "volume": {"stage": "sqls", "per_quarter": 40},
        "conversion": {"wins": 0.3},
        "lag_weeks": {"wins": {"mean": 8}},
    }
    document = {"name": "plan", "start": "2027-Q1", "quarters": 2, "stages": ["sqls", "wins"]}
    assert plan == load({**document, "segments": {"inbound": by_file}})
    assert dict(plan.numbers())["segments.inbound.conversion.wins"] == share(0.3)[0]
    for wrong in ({"conversion": {"wins": 0.3}}, {"volume": 40}, {"slips": {"probability": 0.2}}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            Segment(**{"volume": segment.volume, "conversion": {}, "lag_weeks": {}, **wrong})
    with pytest.raises(ValidationError):
        Scenario.model_validate(load(VALID / "smallest.yaml").document)
    with pytest.raises(ValidationError):
        Slips(win_rate_factor=())
    with pytest.raises(ValidationError):
        Market(events=[{"name": "freeze"}])


def test_a_mapping_may_hold_python_values():
    np = pytest.importorskip("numpy")
    document = {
        "start": date(2027, 1, 4),
        "quarters": np.int64(2),
        "stages": ("sqls", "wins"),
        "segments": {
            "inbound": {
                "volume": np.array([40.0, 50.0]),
                "conversion": {"wins": Range(0.2, 0.4, domain="share")},
                "lag_weeks": {"wins": MeanCv(positive(8), positive(1), "gamma")},
                "deal_size": {"values": VALID / "spreads-history.csv", "column": "amount"},
            }
        },
    }
    plan = load(document)
    assert plan.start == "2027-01-04" and plan.quarters == 2
    assert plan.segments["inbound"].conversion["wins"] == (Range(0.2, 0.4, domain="share"),)
    assert load(plan.document) == plan


def test_spend_and_what_segments_are_judged_on():
    plan = load(VALID / "spend.yaml")
    search, podcast, fairs = (plan.segments[name] for name in ("search", "podcast", "fairs"))
    assert isinstance(search.spend.per_quarter[1], Range) and isinstance(search.spend.per_arrival[0], Pert)
    assert search.spend.response.half_at == positive(40_000)
    assert isinstance(search.spend.lag_weeks, MeanCv) and search.spend.lag_weeks.family == "gamma"
    assert (podcast.spend.per_quarter, podcast.spend.response) == (positive(5000) + positive(0), None)
    assert isinstance(fairs.spend.per_quarter[0], Range) and plan.segments["referrals"].spend is None
    assert plan.payback.deal_months == positive(24)[0] and isinstance(plan.payback.gross_margin, Range)
    names = ["cost_per_sql <= 400 in 2027 for search", "heard", "mqls >= 12 in 2027-Q1..2027-Q3 for podcast"]
    assert [kpi.name for kpi in plan.kpis] == names
    assert [kpi.segment for kpi in plan.kpis] == ["search", "podcast", "podcast"]


def test_paths_of_spend():
    plan = load(VALID / "spend.yaml")
    for path, where in (
        ("segments.podcast.spend", "segments.podcast.spend.2027-Q1"),
        ("segments.podcast.spend.2027-Q3", "segments.podcast.spend.2027-Q3"),
        ("segments.podcast.spend.per_arrival", "segments.podcast.spend.per_arrival"),
        ("segments.search.spend.response.most", "segments.search.spend.response.most"),
        ("segments.search.spend.lag_weeks.mean", "segments.search.spend.lag_weeks.mean"),
        ("segments.search.kpi.at_most", "segments.search.kpi.at_most"),
        ("segments.podcast.kpi.heard.at_least", "segments.podcast.kpi.heard.at_least"),
        ("payback.deal_months", "payback.deal_months"),
    ):
        changed = plan.with_changes({path: 77})
        assert [found for found, _, new in plan.differences(changed) if new == 77][:1] == [where], path
    assert plan.with_changes({"segments.podcast.spend.per_quarter": "+10%"}).segments["podcast"].spend.per_quarter == (
        positive(5500) + positive(0)
    )
    assert plan.with_changes({"segments.referrals.spend": 9}).segments["referrals"].spend.per_quarter == positive(9)


def test_customers():
    plan = load(VALID / "customers.yaml")
    rules = plan.segments["inbound"].customers
    assert rules.recurring == positive(0.8) and rules.term_months == 6
    assert rules.churn == (Range(0.05, 0.12, domain="share"),)
    assert rules.churn_first_year == (*share(0.2), Range(0.15, 0.3, domain="share"))
    assert rules.renewal == (Successes(88, 100, domain="share"),) and rules.first_renewal == share(0.8)
    assert rules.uplift == (Range(-0.02, 0.06, domain="real"),)
    assert rules.contraction_by == share(0.3)
    neutral = plan.segments["partners"].customers
    assert (neutral.churn, neutral.renewal, neutral.expansion, neutral.recurring) == (
        share(0),
        None,
        share(0),
        positive(1),
    )
    assert plan.segments["trials"].customers is None
    here = plan.opening.customers
    assert [(c.id, c.segment, c.arr, c.since, c.renewal) for c in here] == [
        ("Acme", "inbound", 12000, date(2025, 3, 1), date(2027, 3, 1)),
        ("Bolt", "inbound", 8000.5, None, None),
        ("Cask", "partners", 500, date(2026, 12, 24), None),
    ]
    paths = [path for path, _number in plan.numbers()]
    assert "segments.inbound.customers.churn_first_year.2027-Q2" in paths
    assert not any(path.startswith("segments.partners.customers") for path in paths), "what is off is no assumption"
    more = plan.with_changes({"segments.*.customers.churn": 0.5, "segments.inbound.customers.first_renewal": "-10%"})
    assert {s.customers.churn for s in more.segments.values()} == {share(0.5)}
    assert more.segments["inbound"].customers.first_renewal == share(0.72)


def test_closing_in_detail():
    plan = load(VALID / "closing.yaml")
    segment = plan.segments["inbound"]
    first, third = segment.slips.by_pushes
    assert (first.pushes, first.slip_probability, first.win_rate) == (1, *positive(1.3), *positive(1))
    assert third.win_rate == positive(0.5)[0]
    assert [row.above for row in segment.slips.by_size] == [10_000, 50_000.5]
    assert sum(segment.linearity) == pytest.approx(1) and len(segment.linearity) == 13
    assert segment.pull_ins.value_factor == positive(0.9)
    assert isinstance(segment.pull_ins.by_weeks, Geometric)
    paths = [path for path, _number in plan.numbers()]
    for path in (
        "segments.inbound.slips.by_pushes.3.win_rate",
        "segments.inbound.slips.by_size.10000.win_rate",
        "segments.inbound.slips.by_size.50000_5.slip_probability",
        "segments.inbound.pull_ins.probability.2027-Q4",
        "segments.inbound.pull_ins.by_weeks.mean",
    ):
        assert path in paths
        assert plan.with_changes({path: "*0.9"}) != plan, path
    assert "segments.inbound.slips.by_pushes.1.win_rate" not in paths, "a multiplier of 1 is no assumption"
    changed = plan.with_changes({"segments.inbound.slips.by_size.10000.win_rate": 0.5})
    assert [path for path, _, _ in changed.differences(plan)] == ["segments.inbound.slips.by_size.10000.win_rate"]
