"""A planning sheet: the template runs as it is, what is filled in arrives, what is wrong is named by its cell."""

from __future__ import annotations

import csv

import pytest

from simulator.errors import DataError, ScenarioError, UsageError
from simulator.export.planning.numbers import parse_number
from simulator.export.planning.read import from_sheet
from simulator.export.planning.template import grid, write_template
from simulator.scenario.load import load

STAGES = ("mqls", "sqls", "wins")


@pytest.fixture
def openpyxl():
    return pytest.importorskip("openpyxl", reason="reading workbooks is an extra")


def find(sheet, text, row=None):
    """Row and column of the first cell with a text."""
    for line in sheet.iter_rows(min_row=row, max_row=row):
        for cell in line:
            if cell.value == text:
                return cell.row, cell.column
    raise AssertionError(text)


def fill(openpyxl, path, changes, stages=STAGES):
    """A template with cells of the segment block set: (row of the block, head) -> value; gives addresses."""
    write_template(path, stages=stages)
    book = openpyxl.load_workbook(path)
    sheet = book["Plan"]
    top, _ = find(sheet, "segment")

    def cell(row, head):
        return sheet.cell(top + row, find(sheet, head, top)[1])

    for place, value in changes.items():
        cell(*place).value = value
    book.save(path)
    return lambda place: f"Plan!{cell(*place).coordinate}"


def plan_of(path, tmp_path):
    text = from_sheet(path)
    (tmp_path / "plan.yaml").write_text(text)
    return load(tmp_path / "plan.yaml")


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize("stages", [STAGES, ("visitors", "engagements", "mqls", "sqls", "wins"), ("leads", "orders")])
def test_the_template_is_a_plan_that_runs(ending, stages, tmp_path):
    if ending == "xlsx":
        pytest.importorskip("openpyxl")
    path = tmp_path / f"template.{ending}"
    write_template(path, stages=stages)
    plan = plan_of(path, tmp_path)
    assert plan.stages == stages
    assert list(plan.segments) == ["inbound"]
    assert [t.name for t in plan.targets] == [f"{stages[-1]} >= 25 in 2027-Q4"]
    number = plan.segments["inbound"].conversion[stages[-1]][0]
    assert (number.min, number.likely, number.max) == tuple(
        next(r for r in grid(stages) if r and r[0] == "inbound")[i]
        for i in (grid(stages)[10].index(f"{stages[-1]} rate") + k for k in (1, 0, 2))
    )


def test_what_is_filled_in_arrives(openpyxl, tmp_path):
    """Ranges, percents typed as text, a formula with a value, a second segment, empty optional cells."""
    path = tmp_path / "plan.xlsx"
    fill(openpyxl, path, {
        (1, "wins rate"): 0.3, (1, "wins rate low"): None, (1, "wins rate high"): None,
        (2, "segment"): "outbound", (2, "volume"): "1,250", (2, "sqls rate"): "50% / 55% / 60%",
        (2, "wins rate"): "20%",
        (2, "growth"): -0.02, (2, "wins lag weeks"): 11,
    })  # fmt: skip
    plan = plan_of(path, tmp_path)
    inbound, outbound = plan.segments["inbound"], plan.segments["outbound"]
    assert inbound.conversion["wins"][0].value == 0.3
    assert outbound.volume.per_quarter[0].value == 1250
    assert outbound.volume.growth[0].value == -0.02
    rate = outbound.conversion["sqls"][0]
    assert (rate.min, rate.likely, rate.max) == (0.5, 0.55, 0.6)
    assert outbound.conversion["wins"][0].value == 0.2
    assert outbound.lag_weeks["wins"].mean[0].value == 11
    assert outbound.deal_size is None


def test_ranges_may_be_percentiles(openpyxl, tmp_path):
    path = tmp_path / "plan.xlsx"
    write_template(path, stages=STAGES)
    book = openpyxl.load_workbook(path)
    row, _ = find(book["Plan"], "ranges are")
    book["Plan"].cell(row, 2).value = "P10 / P50 / P90"
    book.save(path)
    number = plan_of(path, tmp_path).segments["inbound"].conversion["wins"][0]
    assert (number.p10, number.p50, number.p90) == (0.3, 0.4, 0.48)
    assert type(number).__name__ == "Metalog"


BAD = [
    ({(1, "wins rate"): 40}, (1, "wins rate"), "40 is not a share between 0 and 1; for 40% write 0.4"),
    ({(1, "wins rate"): "a third"}, (1, "wins rate"), "'a third' is not a number"),
    ({(1, "volume"): -5}, (1, "volume"), "-5 is below 0"),
    ({(1, "wins rate"): None, (1, "wins rate low"): None, (1, "wins rate high"): None}, (1, "wins rate"), "is missing"),
    ({(1, "wins rate high"): None}, (1, "wins rate"), "high missing"),
    ({(1, "wins rate low"): 0.9}, (1, "wins rate"), "not in the order low, likely, high"),
    ({(2, "volume"): 5}, (2, "segment"), "needs the name of its segment"),
    ({(2, "segment"): "inbound"}, (2, "segment"), "is there twice"),
    ({(1, "volume"): "=1/3"}, (1, "volume"), "a formula without a value"),
    ({(1, "slip weeks"): 0.2}, (1, "slip weeks"), "1"),
    ({(1, "deal size"): None}, (1, "deal size cv"), "varies nothing"),
]  # fmt: skip


@pytest.mark.parametrize("changes, where, message", BAD, ids=range(len(BAD)))
def test_bad_cells_are_named_by_sheet_and_address(changes, where, message, openpyxl, tmp_path):
    path = tmp_path / "plan.xlsx"
    address = fill(openpyxl, path, changes | ({(1, "deal size cv"): 0.8} if where[1] == "deal size cv" else {}))
    with pytest.raises(ScenarioError) as caught:
        from_sheet(path)
    lines = [str(fault) for fault in caught.value.faults]
    assert any(line.startswith(f"plan.xlsx: {address(where)}: ") and message in line for line in lines), lines


def test_all_bad_cells_at_once(openpyxl, tmp_path):
    path = tmp_path / "plan.xlsx"
    fill(openpyxl, path, {(1, "wins rate"): 40, (1, "sqls rate"): "x", (1, "volume"): -1})
    with pytest.raises(ScenarioError) as caught:
        from_sheet(path)
    assert len(caught.value.faults) == 3


def change_csv(tmp_path, edit, delimiter=","):
    rows = [["" if c is None else str(c) for c in row] for row in grid(STAGES)]
    edit(rows)
    path = tmp_path / "plan.csv"
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def test_a_csv_names_line_and_cell(tmp_path):
    def edit(rows):
        rows[10][rows[10].index("wins rate")] = "win rate"

    with pytest.raises(ScenarioError) as caught:
        from_sheet(change_csv(tmp_path, edit))
    assert any("plan.csv:11:" in str(f) and "did you mean 'wins rate'?" in str(f) for f in caught.value.faults)


def test_a_wrong_period_is_named_by_its_cell(tmp_path):
    def edit(rows):
        rows[-1][3] = "2027-Q9"

    with pytest.raises(ScenarioError) as caught:
        from_sheet(change_csv(tmp_path, edit))
    assert str(caught.value).startswith("plan.csv:15: D15: '2027-Q9'")


def test_semicolons_and_decimal_commas(tmp_path):
    def edit(rows):
        for row in rows[11:12]:
            row[:] = [cell.replace(".", ",") for cell in row]

    plan = plan_of(change_csv(tmp_path, edit, ";"), tmp_path)
    assert plan.segments["inbound"].conversion["wins"][0].likely == 0.40


def test_settings_that_are_unknown_or_missing(tmp_path):
    def edit(rows):
        rows[3][0] = "begin"

    with pytest.raises(ScenarioError) as caught:
        from_sheet(change_csv(tmp_path, edit))
    text = str(caught.value)
    assert "A4: no setting 'begin'" in text and "the setting 'start' is missing" in text


@pytest.mark.parametrize(
    "text, comma, number",
    [("40 %", False, 0.4), ("1,000,000", False, 1e6), ("1,5", False, None), ("1.5", True, None), ("1,5", True, 1.5),
     ("$40_000", False, 40_000), ("1e3", False, 1000), ("", False, None), ("nan", False, None), ("inf", False, None),
     ("--1", False, None), ("4 0", False, 40), ("1'000", False, 1000)],
)  # fmt: skip
def test_numbers_as_people_type_them(text, comma, number):
    assert parse_number(text, comma) == number


def test_files_that_are_no_sheet(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        from_sheet(tmp_path / "none.xlsx")
    with pytest.raises(DataError, match=r"\.xlsx or \.csv"):
        from_sheet(tmp_path / "plan.ods")
    (tmp_path / "fake.csv").write_bytes(b"\0\1\2")
    with pytest.raises(DataError, match="not a CSV"):
        from_sheet(tmp_path / "fake.csv")
    pytest.importorskip("openpyxl")
    (tmp_path / "fake.xlsx").write_bytes(b"PK nonsense")
    with pytest.raises(DataError, match="not an Excel workbook"):
        from_sheet(tmp_path / "fake.xlsx")


def test_an_empty_csv(tmp_path):
    (tmp_path / "plan.csv").write_text("")
    with pytest.raises(ScenarioError, match="scenario template"):
        from_sheet(tmp_path / "plan.csv")


def test_template_endings(tmp_path):
    with pytest.raises(UsageError):
        write_template(tmp_path / "t.ods")
    with pytest.raises(UsageError):
        write_template(tmp_path / "t.csv", stages=["wins"])


def test_columns_that_a_template_does_not_show(tmp_path):
    """Money and churn: columns to add, with ranges like any other; the rest goes into a file that extends the plan."""
    rows = grid(STAGES)
    at = next(i for i, row in enumerate(rows) if row[:1] == ["segment"])
    rows[at] += ["spend", "spend low", "spend high", "cost per arrival", "yearly churn"]
    rows[at + 1] += [50_000, 40_000, 70_000, 12, "20%"]
    with open(tmp_path / "sheet.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    plan = plan_of(tmp_path / "sheet.csv", tmp_path)
    segment = plan.segments["inbound"]
    assert (segment.spend.per_quarter[0].min, segment.spend.per_quarter[0].max) == (40_000, 70_000)
    assert segment.spend.per_arrival[0].value == 12 and segment.customers.churn[0].value == 0.2
    more = "extends: plan.yaml\ncapacity:\n  mqls: {people: 3, each_per_week: 10}\n"
    (tmp_path / "more.yaml").write_text(more, encoding="utf-8")
    assert load(tmp_path / "more.yaml").has_people


def test_the_guide_says_what_the_sheet_does_not_hold(openpyxl, tmp_path):
    write_template(tmp_path / "template.xlsx")
    cells = [str(cell.value) for row in openpyxl.load_workbook(tmp_path / "template.xlsx")["Guide"] for cell in row]
    text = " ".join(cells)
    for word in ("capacity", "follow_up", "spend.response", "opening.customers", "linearity", "extends: plan.yaml"):
        assert word in text, word
