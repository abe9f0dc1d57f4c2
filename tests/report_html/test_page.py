"""The page as text: what it says is what the result says, and no name gets out of its quotes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from simulator.analysis.solve import solve
from simulator.analysis.strongest import strongest
from simulator.analysis.tornado import tornado as all_effects
from simulator.cli.report import analyses
from simulator.report.html import answer, render_page
from simulator.report.html_assumptions import assumption_groups
from simulator.report.html_charts import fan, histogram, shares, tornado
from simulator.report.html_known import known_numbers
from simulator.report.html_scale import Scale, nice_step, thin, ticks
from simulator.scenario.arithmetic import good_behind_bar
from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
from simulator.statistics.intervals import as_percent, in_words
from tests.export import plans
from tests.export.test_hostile import HOSTILE, hostile_result
from tests.report_html.analyses import COMPARISON, LEVERS, LUCK, SENSITIVITY


class Text(HTMLParser):
    """Tags and visible text of a page; fails on tags that do not close."""

    VOID = ("meta", "link", "br", "rect", "line", "polygon", "polyline")

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(page)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data.strip())

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.fixture(scope="module")
def base():
    return plans.result(trials=600)


def test_every_section_is_there(base):
    other = plans.result(plans.scenario(name="Stretch"), trials=600, lift=1.1)
    page = render_page([base, other], sensitivity=SENSITIVITY, luck=LUCK, levers=LEVERS, comparison=COMPARISON)
    text = Text(page).text
    for target in base.targets:
        assert as_percent(target.value) in text
    for words in (
        "All 5 targets together", "How likely is each target?",
        "What drives it: Inbound: win rate moves it most: 21% to 74%",
        "What would get it to 80%?", "not enough", "Funnel arithmetic", "Run rate", "Coverage ratio",
        "50% of the spread is luck of the draw", "are pushed out of 2027-Q4 on average",
        "Without slips the probability would be 53% instead of 47%", "side by side, in the same luck", "Stretch",
        "What differs in the assumptions", "The assumptions as given", "Method and provenance", "ab" * 32, "600",
    ):  # fmt: skip
        assert words in text, words
    hits = other.hits("wins", at_least=25, period="2027-Q4").astype(float) - base.target_hits[:, 0]
    error = 1.96 * hits.std(ddof=1) / 600**0.5
    assert f"{100 * hits.mean():+.1f} points (± {100 * error:.1f})" in text


def test_sections_without_their_analysis_are_left_out(base):
    text = Text(render_page(base)).text
    for words in ("What drives it", "luck of the draw", "What would get it to", "side by side"):
        assert words not in text
    assert "are pushed out of" in text


def test_the_answer_is_a_sentence(base):
    assert answer(base)[0].startswith("All 5 targets together: ")
    one = plans.result(plans.scenario(targets=plans.TARGETS[:1]), trials=600)
    assert answer(one) == [
        f"25 wins or more in 2027-Q4: {in_words(one.targets[0].value)} ({as_percent(one.targets[0].value)})."
    ]
    none = plans.result(plans.scenario(targets=()), trials=600)
    low, middle, high = np.percentile(none["wins"][:, 3], (10, 50, 90))
    assert answer(none) == [
        f"{middle:.0f} wins in 2027-Q4 is the middle of what may happen.",
        f"Eight futures in ten end between {low:.0f} and {high:.0f}. The plan has no target.",
    ]
    Text(render_page(none))


def test_nothing_is_fetched(base):
    """No address outside the page; the policy forbids all but our own style and script."""
    page = render_page(base, sensitivity=SENSITIVITY, luck=LUCK)
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", page)
    assert "@import" not in page and "url(" not in page
    policy = next(a["content"] for t, a in Text(page).tags if t == "meta" and a.get("http-equiv"))
    assert policy.startswith("default-src 'none'") and "unsafe-inline" not in policy
    assert len(page) < 200_000


def test_charts_have_text_alternatives(base):
    tags = Text(render_page(base, sensitivity=SENSITIVITY, luck=LUCK)).tags
    charts = [a for t, a in tags if t == "svg"]
    assert len(charts) > 8
    ids = {a["id"] for _, a in tags if "id" in a}
    for chart in charts:
        assert chart["role"] == "img"
        assert chart.get("aria-label") or chart["aria-labelledby"] in ids
    assert len([a for _, a in tags if "id" in a]) == len(ids)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_text(name):
    result = hostile_result(name)
    rows = [SENSITIVITY[0] | {"label": name, "path": name}]
    levers = [LEVERS[0] | {"path": name}]
    differences = {"differences": [{"path": name, "values": [name, {name: name}]}]}
    page = render_page([result, result], sensitivity=rows, luck=LUCK, levers=levers, comparison=differences)
    parsed = Text(page)
    assert [t for t, _ in parsed.tags].count("script") == 1
    assert not [t for t, _ in parsed.tags if t in ("b", "img", "iframe", "form")]
    assert not [a for _, a in parsed.tags if any(key.startswith("on") for key in a)]
    assert re.sub(r"\s+", " ", name) in parsed.text


def test_fan_draws_the_percentiles(base):
    """Read back from the geometry: the median and the outer band, at both widths."""
    target = base.targets[0]
    for width in (720, 340):
        g = fan(base, target, width)
        marks = [(m["y"], float(m["text"].replace(",", ""))) for m in g["marks"]]
        scale = Scale(marks[0][0], marks[-1][0], marks[0][1], marks[-1][1])
        drawn = [scale(float(point.split(",")[1])) for point in g["median"].split()]
        assert drawn == pytest.approx(np.median(base["wins"], axis=0), abs=0.1)
        outer = [scale(float(point.split(",")[1])) for point in g["outer"].split()]
        assert outer[:4] == pytest.approx(np.percentile(base["wins"], 95, axis=0), abs=0.1)
        assert outer[:3:-1] == pytest.approx(np.percentile(base["wins"], 5, axis=0), abs=0.1)
        assert [scale(goal["y"]) for goal in g["goals"]] == pytest.approx([25], abs=0.1)


@pytest.mark.parametrize("index", range(5))
def test_histogram_bars_add_up_to_the_probability(base, index):
    target = base.targets[index]
    for width in (720, 340):
        g = histogram(base, target, width)
        top = float(g["marks"][-1]["text"].rstrip("%")) / 100
        unit = top / (g["base"] - g["marks"][-1]["y"])
        hit = sum(b["hit_height"] for b in g["bars"]) * unit
        miss = sum(b["miss_height"] for b in g["bars"]) * unit
        assert hit == pytest.approx(target.value, abs=0.003)
        assert miss == pytest.approx(1 - target.value, abs=0.003)
        assert all(g["left"] - 1 <= b["x"] and b["x"] + b["width"] <= g["right"] + 1 for b in g["bars"])
        assert not [b for b in g["bars"] if b["hit_height"] and b["miss_height"]]  # bars part at the target
        assert 3 <= len(g["labels"]) <= 8
        at_most = target.at_most is not None
        assert all((b["x"] + b["width"] / 2 < g["target"]) is (bool(b["hit_height"]) is at_most) for b in g["bars"])


def test_tornado_is_sorted_and_in_range():
    g = tornado(SENSITIVITY[::-1], 0.47, 720)
    assert [b["label"] for b in g["bars"]] == [r["label"] for r in SENSITIVITY]
    for bar in g["bars"]:
        assert bar["low_x"] >= g["left"] - 1 and bar["high_x"] + bar["high_width"] <= g["right"] + 1


def test_known_numbers():
    """Funnel arithmetic, run rate and coverage, each from its own definition."""
    segment = {"volume": 1000, "conversion": {"mqls": 0.4, "sqls": 0.6, "wins": 0.35}, "deal_size": {"mean": 40_000}}
    plan = plans.load({
        "start": "2027-Q1", "quarters": 4, "stages": ["leads", "mqls", "sqls", "wins"], "segments": {"a": segment},
        "targets": [{"metric": "wins", "at_least": 25, "in": "2027-Q4"},
                    {"metric": "bookings", "at_least": 3_500_000, "in": "2027"}],
    })  # fmt: skip
    result = plans.result(plan, trials=300, draws=False)
    wins, bookings = ({r["name"]: r for r in known_numbers(result, t)} for t in result.targets)
    assert wins["Funnel arithmetic"]["value"] == "84.0 wins"
    assert wins["Funnel arithmetic"]["what"].startswith("1,000 × 40% × 60% × 35%")
    assert bookings["Funnel arithmetic"]["value"] == "13.4M USD"
    assert wins["Run rate"]["value"] == f"{result['wins'][:, 0].mean():.1f} wins"
    assert wins["Coverage ratio"]["value"] == f"{result['open_deals'][:, 2].mean() / 25:.1f}×"
    assert "Weighted pipeline" not in wins


def test_accounts_have_no_funnel_arithmetic(tmp_path):
    """Who wins depends on how many engage; an open deal's chance on those engaged today, where that is known."""
    named = {"volume": 40, "conversion": {"mqls": 0.4, "sqls": 0.6}, "accounts": {"contacts": 2}}
    for contacts, weighted in (("5", "0.8 wins"), ("", None)):
        (tmp_path / "open.csv").write_text(f"id,segment,amount,contacts\nD1,a,1000,2\nD2,a,1000,{contacts}\n")
        plan = plans.load({
            "start": "2027-Q1", "quarters": 1, "stages": ["leads", "mqls", "sqls", "wins"], "segments": {"a": named},
            "opening": {"deals": str(tmp_path / "open.csv"), "warm_up_quarters": 1},
            "targets": [{"metric": "wins", "at_least": 5, "in": "2027-Q1"}],
        })  # fmt: skip
        result = simulate(plan, trials=20, seed=1)
        found = {r["name"]: r["value"] for r in known_numbers(result, result.targets[0])}
        assert "Funnel arithmetic" not in found
        assert found.get("Weighted pipeline") == weighted


def test_arithmetic_knows_what_spending_brings():
    """By hand: 60,000 with half of the most at 20,000 brings 3/4 of 800, in the first half of the year."""
    segment = {
        "volume": 400, "conversion": {"sqls": 0.2, "wins": 0.25}, "lag_weeks": {"wins": 8},
        "spend": {"per_quarter": [60_000, 60_000, 0, 0], "response": {"most": 800, "half_at": 20_000}, "lag_weeks": 4},
    }  # fmt: skip
    plan = plans.load({
        "start": "2027-Q1", "quarters": 4, "stages": ["leads", "sqls", "wins"], "segments": {"a": segment},
        "targets": [{"metric": "wins", "at_least": 25, "in": when} for when in ("2027-Q2", "2027")],
    })  # fmt: skip
    result = plans.result(plan, trials=20, draws=False)
    one, year = (known_numbers(result, target)[0] for target in result.targets)
    assert (one["name"], one["value"]) == ("Funnel arithmetic", "50.0 wins")
    assert one["what"].startswith("(400 + 600 that the budget brings) × 20% × 25%")
    assert "30.0 wins of that come from the budgets" in one["what"]
    assert year["value"] == "140.0 wins" and "60.0 wins of that" in year["what"]


def test_arithmetic_says_what_it_leaves_out():
    """Those reached and fit are a rate like any other; who comes back, waits or goes cold is no rate."""
    result = simulate(load("scenarios/nurture.yaml"), trials=50, seed=1)
    row = known_numbers(result, result.targets[0])[0]
    passed = 900 * 0.45 * 0.75 * good_behind_bar(0.45, 0.25, 0.78)
    assert float(row["value"].split()[0]) == pytest.approx(4 * passed * 0.62 * 0.24, rel=0.02)  # medians of ranges
    cold, back = (f"{result.values(metric, '2027').mean():,.0f} " for metric in ("gone_cold", "returned"))
    assert f"({cold}in 2027 on average go cold), the leads that come back from nurture ({back}in 2027" in row["why"]


def test_weighted_pipeline(tmp_path):
    (tmp_path / "deals.csv").write_text(
        "id,segment,amount,expected_close,win_probability\n"
        "1,inbound,100000,2027-02-01,0.5\n2,inbound,50000,2027-12-01,0.2\n3,outbound,70000,2029-01-01,0.9\n"
    )
    plan = plans.scenario(
        targets=[{"metric": "bookings", "at_least": 3_500_000, "in": "2027"},
                 {"metric": "wins", "at_least": 5, "in": "2027-Q1"}],
        opening={"deals": str(tmp_path / "deals.csv")},
    )  # fmt: skip
    result = plans.result(plan, trials=50)
    year, quarter = ({r["name"]: r for r in known_numbers(result, t)} for t in result.targets)
    assert year["Weighted pipeline"]["value"] == "60.0k USD"
    assert quarter["Weighted pipeline"]["value"] == "0.5 wins"
    assert quarter["Coverage ratio"]["value"] == "0.6×"


def test_a_ratio_that_is_undefined_in_some_futures_is_said_of_the_others():
    """Nobody is won in one future of three: the cost of a customer is then no number, and no reason to say 0."""
    segment = {"volume": 11, "conversion": {"wins": 0.1}, "spend": {"per_quarter": 100}}
    plan = plans.load({
        "start": "2027-Q1", "quarters": 1, "stages": ["leads", "wins"], "segments": {"a": segment},
        "targets": [{"metric": "cac", "at_most": 60, "in": "2027-Q1"}],
    })  # fmt: skip
    result = simulate(plan, trials=200, seed=7)
    assert 0 < np.isnan(result["cac"]).sum() < 200
    text = Text(render_page(result)).text
    middle = np.nanpercentile(result["cac"], 50)
    assert f"the middle one at {middle:.0f} (cost per customer won in USD)" in text
    assert "between 0 and" not in text and not re.search(r"\bnan\b", text)


def test_shares_of_nothing_and_of_next_to_nothing_have_words():
    rows = [{"group": "deals", "share": 0.997, "low": 0.9, "high": 1.0}, {"group": "market", "share": 0.0},
            {"group": "slips", "share": 0.003, "low": -0.01, "high": 0.02}]  # fmt: skip
    bars = shares(rows, 720)["bars"]
    assert [bar["text"] for bar in bars] == ["100%", "none", "<1%"]
    assert bars[2]["tip"].endswith("<1% of the spread (0% to 2%)")


def test_scales():
    assert [nice_step(s, 5) for s in (1, 7, 30, 0.02)] == [0.2, 2.0, 10.0, 0.005]
    assert ticks(0.2, 2.2, 3, whole=True) == [0.0, 1.0, 2.0, 3.0]
    assert ticks(5, 5, 4) == [5.0, 6.0]
    assert thin(["2027-Q1"] * 8, 240) == [1, 3, 5, 7]


def test_drivers_are_shown_from_the_page_s_own_probability(base):
    """Moved in other trials than the page's: their changes count, and the page says one number."""
    rows = [row | {"probability": base.targets[0].value - 0.05, "trials": 2000} for row in SENSITIVITY]
    text = Text(render_page(base, sensitivity=rows)).text
    assert "Inbound: win rate moves it most: 26% to 79%" in text
    low = [row | {"probability": base.targets[0].value + 0.3} for row in SENSITIVITY]
    assert "moves it most: <0.1% to 44%" in Text(render_page(base, sensitivity=low)).text


@pytest.fixture(scope="module")
def mid():
    return load("scenarios/mid-market.yaml")


def test_the_strongest_are_the_first_of_the_tornado():
    plan = load("scenarios/twenty-five-customers.yaml")
    done = []
    few = strongest(plan, 4, trials=500, seed=7, progress=lambda *step: done.append(step))
    everything = all_effects(plan, trials=500, seed=7)
    assert [e.to_json() for e in few.effects] == [e.to_json() for e in everything.effects[:4]]
    assert few.probability == everything.probability
    shares = [part / whole for part, whole in done]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_assumptions_are_in_words(mid):
    groups = {heading: dict(rows) for heading, rows in assumption_groups(mid)}
    inbound, outbound = groups["inbound"], groups["outbound"]
    assert inbound["visitors → engagements"] == "7% to 9%, 8 times in 10"
    assert inbound["engagements → MQLs"] == "22% to 32%, 8 times in 10; middle 26%"
    assert inbound["SQLs → wins"] == "35 of 160 counted"
    assert inbound["slip probability"] == "25%, 25%, 25%, 30%"
    assert inbound["weeks SQLs → wins"] == "middle 12, 1 in 10 above 43"
    assert outbound["weeks MQLs → SQLs"] == "35%, 35%, 20%, 10% after 0, 1, … weeks"
    assert outbound["enters at"] == "engagements" and outbound["growth per quarter"] == "3%"
    assert outbound["MQLs → SQLs"] == "45% to 60%, 8 times in 10 (“sales acceptance”)"
    assert groups["events"]["MQLs → SQLs"] == "18%, 22%, 31%, each as likely"
    freeze = groups["The market"]["budget freeze"]
    assert freeze == "5% of quarters; for 2 quarters; SQLs → wins × 0.7; slip probability × 1.6; deal size × 0.9"
    (pair,) = groups["What goes together"].items()
    assert pair == ("inbound: engagements → MQLs and inbound: MQLs → SQLs", "rank correlation -0.4")


def test_every_assumption_of_every_example_is_on_the_page():
    for name in ("twenty-five-customers", "mid-market", "enterprise"):
        plan = load(f"scenarios/{name}.yaml")
        rows = [row for _, rows in assumption_groups(plan) for row in rows]
        assert not [row for row in rows if "." in row[0] or "{" in row[1] or not row[1]], name
        assert len({(h, r[0]) for h, group in assumption_groups(plan) for r in group}) == len(rows)


def test_levers_of_a_real_solution(base, mid):
    rows = solve(mid, trials=200, seed=7).to_json()
    text = Text(render_page(simulate(mid, trials=100, seed=7), levers=rows)).text
    assert "in every segment that has it" in text and "all segments" not in text
    assert "7.94% →" in text and "engagements → MQLs (inbound, outbound)" in text
    assert "slip probability to nothing" in text and "× 0.01" not in text


def test_a_plan_in_which_nothing_happens_is_said_to_be_one():
    """Nobody comes: no assumption moves the target, no lever helps, nothing varies."""
    plan = load("scenarios/twenty-five-customers.yaml").with_changes({"segments.inbound.volume": 0})
    result = simulate(plan, trials=100, seed=7)
    more = analyses([result], threads=1)
    assert more["levers"] and not any(row["reached"] for row in more["levers"])
    text = Text(render_page(result, **more)).text
    assert "What drives it: no number alone moves it" in text
    assert "Nothing varies: every future ends alike" in text and "0% of the spread" not in text
    assert "+0%" not in text and "30% → 30%" not in text
    assert "Each lever alone, everything else as in the plan." in text
