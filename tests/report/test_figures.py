"""Figures: titles say the finding, the coloured share is the probability, files are reproducible."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.errors import ExportError
from simulator.report.figures import DARK, GREY, draw, save
from simulator.statistics.intervals import as_percent
from tests.report.example import example

MANY = (
    {"metric": "wins", "at_least": 25, "period": "2027-Q4"},
    {"metric": "wins", "at_most": 24, "period": "2027-Q4"},
    {"metric": "bookings", "at_least": 3_500_000, "period": "2027"},
    {"metric": "mqls", "at_least": 50, "period": "each quarter", "segment": "inbound", "name": "MQL floor"},
    {"metric": "slipped_deals", "at_most": 6, "period": "2027-Q4"},
    {"metric": "open_deals", "at_least": 45, "period": "2027"},
    {"metric": "visitors", "at_least": 1000.5, "period": "2027-Q1"},
)


def titles(figure):
    return [axes.get_title(loc="left").replace("\n", " ") for axes in figure.axes]


def test_titles_say_the_finding():
    result = example(segments=("inbound", "outbound"), targets=MANY)
    found = titles(draw(result))
    chance = [as_percent(t.value) for t in result.targets]
    assert f"{chance[0]} chance of 25 wins or more in 2027-Q4" in found
    assert f"{chance[1]} chance of 24 wins or fewer in 2027-Q4" in found
    assert f"{chance[2]} chance of bookings of USD 3.5M or more in 2027" in found
    assert f"{chance[3]} chance of 50 MQLs or more in every quarter for inbound" in found
    assert f"{chance[5]} chance of 45 open deals or more at the end of 2027" in found
    assert any(title.startswith("Wins in 2027-Q4: ") and "9 of 10 trials" in title for title in found)


@pytest.mark.parametrize("index", range(len(MANY)))
def test_the_coloured_bars_are_the_probability(index):
    """No bin mixes trials that meet the target with trials that miss it, and all of them are drawn."""
    result = example(segments=("inbound", "outbound"), targets=(MANY[index],))
    histogram = next(axes for axes in draw(result).axes if "chance of" in axes.get_title(loc="left"))
    heights = {DARK: 0.0, GREY: 0.0}
    from matplotlib.colors import to_hex

    for bar in histogram.patches:
        heights[to_hex(bar.get_facecolor())] += bar.get_height()
    assert heights[DARK] == pytest.approx(100 * result.targets[0].value, abs=0.3)  # the far tails are cut
    assert sum(heights.values()) == pytest.approx(100, abs=0.3)
    both = [0, 0]
    for dark, grey in zip(histogram.containers[0], histogram.containers[1], strict=True):
        both[0] += dark.get_height() > 0 and grey.get_height() > 0
    assert both[0] == 0


def test_the_fan_shows_the_percentiles():
    result = example(targets=())
    fan = draw(result).axes[0]
    median = next(line for line in fan.lines if line.get_label() == "median")
    np.testing.assert_allclose(median.get_ydata(), np.percentile(result["wins"], 50, axis=0))
    assert fan.get_ylabel() == "wins per quarter"


def test_axes_have_units():
    for axes in draw(example(segments=("inbound", "outbound"), targets=MANY)).axes:
        assert axes.get_ylabel()
        assert axes.get_xlabel() or axes.get_xticklabels()[0].get_text() == "2027-Q1"


@pytest.mark.parametrize("settings", [
    {"quarters": 1, "targets": ({"metric": "wins", "at_least": 25, "period": "horizon"},)},
    {"quarters": 40, "trials": 200},
    {"money": False},
    {"targets": ()},
    {"trials": 1},
    {"start": "2027-01-04"},
    {"targets": ({"metric": "wins", "at_least": 10_000, "period": "2027-Q4"},)},
    {"targets": ({"metric": "wins", "at_least": 0, "period": "2027-Q4"},)},
    {"name": "$x^2$ & 3_500_000 $ <b>"},
], ids=str)  # fmt: skip
def test_plans_of_every_shape_can_be_drawn(settings, tmp_path):
    save(example(**settings), tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 5000


@pytest.mark.parametrize("name", ["f.png", "f.svg"])
def test_the_same_result_gives_the_same_bytes(tmp_path, name):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save(example(), tmp_path / folder / name)
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_svg_says_no_date_and_its_title(tmp_path):
    save(example(), tmp_path / "f.svg")
    text = (tmp_path / "f.svg").read_text()
    assert "dc:date" not in text and "Twenty-five customers" in text


def test_a_dollar_is_money_not_mathematics(tmp_path):
    figure = draw(example(name="From $3M to $5M", currency="$"))
    assert not any(text.get_parse_math() for axes in figure.axes for text in (axes.title, axes.yaxis.label))
    assert not figure._suptitle.get_parse_math()


def test_readable_in_grey():
    """The colours of a chart differ in lightness by at least a fifth of the range."""
    from simulator.report.figures import LIGHT, MIDDLE

    def lightness(colour):
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for pair in ((DARK, MIDDLE), (MIDDLE, LIGHT), (DARK, GREY)):
        assert abs(lightness(pair[0]) - lightness(pair[1])) > 0.2


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(ExportError, match="there is no folder"):
        save(example(), tmp_path / "no" / "f.png")


def test_a_target_of_one_segment_says_so_on_its_axis():
    result = example(segments=("inbound", "outbound"), targets=MANY)
    labels = [axes.get_xlabel() for axes in draw(result).axes]
    assert "MQLs in each trial's lowest quarter for inbound" in labels
