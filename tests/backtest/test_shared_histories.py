"""What is reached on two public histories; skipped where they are not at hand (set SIMULATOR_DATA to their folder)."""

import os
from pathlib import Path

import pytest

from simulator.backtest.backtest import backtest
from simulator.calibration.fit import fit
from simulator.calibration.guess import guess_mapping
from simulator.calibration.mapping import parse_mapping
from simulator.calibration.read import read_history

DATA = Path(os.environ.get("SIMULATOR_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
pytestmark = pytest.mark.skipif(not (DATA / "olist").is_dir(), reason="the public histories are not here")

OLIST = {
    "keep": 6,
    "tables": [
        {"file": "mqls.csv", "id": "mql_id", "segment": "origin", "stages": {"mqls": "first_contact_date"}},
        {
            "file": "closed_deals.csv",
            "id": "mql_id",
            "stages": {"wins": "won_date"},
            "amount": "declared_monthly_revenue",
        },
    ],
}
MAVEN = {
    "stages": ["sqls", "wins"],
    "tables": [
        {
            "file": "sales_pipeline.csv",
            "id": "opportunity_id",
            "segment": ["product", "regional_office"],
            "stages": {"sqls": "engage_date"},
            "status": "deal_stage",
            "closed": "close_date",
            "amount": "close_value",
            "lookups": [{"file": "sales_teams.csv", "on": "sales_agent"}],
        }
    ],
}


def score(result, mode, name):
    return next(s for s in result.scores(mode, total=False) if s.name == name)


def test_both_are_guessed_right():
    olist = guess_mapping([str(DATA / "olist" / f) for f in ("mqls.csv", "closed_deals.csv")])
    assert olist.mapping.stages == ("mqls", "wins") and olist.sure > 0.7
    maven = guess_mapping([str(DATA / "maven" / "sales_pipeline.csv")]).mapping.tables[0]
    assert (maven.id, maven.status, maven.closed, maven.amount) == (
        "opportunity_id",
        "deal_stage",
        "close_date",
        "close_value",
    )


def test_their_dirt_is_found():
    olist = fit(parse_mapping(OLIST, folder=str(DATA / "olist")))
    kinds = {finding.kind for finding in olist.quality.findings}
    assert {"recording began late", "missing segment", "dates out of order", "zero amount"} <= kinds
    assert not olist.transitions[0].spells.absent and olist.sizes is None
    maven = fit(parse_mapping(MAVEN, folder=str(DATA / "maven")))
    assert maven.transitions[0].family == "empirical" and maven.transitions[0].spells.absent
    assert maven.zombies.sum() > 300


@pytest.mark.slow
def test_olist_four_weeks():
    result = backtest(read_history(parse_mapping(OLIST, folder=str(DATA / "olist"))), horizon="4w", since="2018-01-01")
    assert len(result.select("all", total=False)) >= 40
    assert score(result, "open", "funnel").skill >= 0.25
    assert 0.70 <= score(result, "all", "pool").coverage[80] <= 0.92
    best = min(s.crps for s in result.scores("all", total=False) if s.name not in ("pool", "funnel"))
    assert score(result, "all", "pool").crps <= 1.10 * best


@pytest.mark.slow
@pytest.mark.parametrize("horizon", ["4w", "13w"])
def test_maven(horizon):
    result = backtest(
        read_history(parse_mapping(MAVEN, folder=str(DATA / "maven"))), horizon=horizon, since="2017-05-01", draws=1000
    )
    pool = score(result, "all", "pool")
    assert score(result, "open", "funnel").skill >= 0.15 and score(result, "given", "funnel").skill >= 0.25
    best = min(s.crps for s in result.scores("all", total=False) if s.name not in ("pool", "funnel"))
    assert pool.crps <= 1.10 * best and pool.skill > 0.03 and 0.70 <= pool.coverage[80] <= 0.92
