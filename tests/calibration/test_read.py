"""Tables of every shape, with every kind of dirt counted."""

from datetime import date

import numpy as np
import pytest

from simulator.calibration.dates import day_number, day_of
from simulator.calibration.fit import fit
from simulator.calibration.mapfile import load_mapping
from simulator.calibration.mapping import parse_mapping
from simulator.calibration.read import read_history
from simulator.errors import DataError

LEADS = """id,came,source
1,2024-01-05,Web
2,2024-01-06,web
3,2024-01-09,
4,2024-02-01,Part ner
4,2024-02-03,Part ner
5,not a date,Web
,2024-02-02,Web
6,2024-02-05,Partner
"""
DEALS = """lead,won,amount
1,2024-01-20,"$1,000"
2,2024-01-02,0
9,2024-02-01,500
6,2024-04-01,700
"""


def mapped(folder, **more):
    return parse_mapping(
        {
            "tables": [
                {"file": "leads.csv", "id": "id", "segment": "source", "stages": {"mqls": "came"}},
                {"file": "deals.csv", "id": "lead", "stages": {"wins": "won"}, "amount": "amount"},
            ],
            **more,
        },
        folder=str(folder),
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "deals.csv").write_text(DEALS)
    return tmp_path


def test_dirt_is_counted_and_kept(folder):
    history = read_history(mapped(folder), as_of="2024-03-01")
    history.ordered(history.quality)
    count = history.quality.count
    assert (
        count("no id") == 1 and count("duplicate id") == 1 and count("no match") == 1 and count("unreadable date") == 1
    )
    assert count("missing segment") >= 1 and count("same label") == 2 and count("dates out of order") == 1
    assert count("after the as-of date") == 1 and count("zero amount") == 1
    assert {name.casefold().replace(" ", "") for name in history.segments} == {"web", "partner", "unknown"}
    assert count("no date") == 1  # its only date is none
    assert np.isfinite(history.won).sum() == 3  # the win of April is not known yet


def test_as_of_defaults_to_the_latest_date(folder):
    assert day_of(read_history(mapped(folder)).as_of) == date(2024, 4, 1)


def test_labels_can_be_kept_apart(folder):
    history = read_history(mapped(folder, merge_labels=False))
    assert {"Web", "web"} <= set(history.segments)


def test_ambiguous_dates_are_refused_with_the_way_out(tmp_path):
    (tmp_path / "leads.csv").write_text("id,came,source\n1,03/04/2024,x\n2,05/06/2024,x\n")
    (tmp_path / "deals.csv").write_text("lead,won,amount\n1,07/08/2024,1\n")
    with pytest.raises(DataError, match="day_first"):
        read_history(mapped(tmp_path))


def test_a_column_follows_the_others_of_its_table(tmp_path):
    (tmp_path / "d.csv").write_text("id,made,closed,stage\n1,03/04/2024,25/04/2024,Won\n2,05/06/2024,07/06/2024,Lost\n")
    mapping = parse_mapping(
        {
            "stages": ["sqls", "wins"],
            "tables": [
                {"file": "d.csv", "id": "id", "stages": {"sqls": "made"}, "closed": "closed", "status": "stage"}
            ],
        },
        folder=str(tmp_path),
    )
    history = read_history(mapping)
    assert day_of(history.dates[0, 0]) == date(2024, 4, 3) and day_of(history.lost[1]) == date(2024, 6, 7)


def test_event_log(tmp_path):
    (tmp_path / "log.csv").write_text(
        "deal;step;day\n7;MQL;2024-01-02\n7;SQL;2024-01-10\n7;Closed Won;2024-02-01\n8;MQL;2024-01-05\n"
        "8;Lost;2024-03-01\n8;Party;2024-03-02\n"
    )
    mapping = parse_mapping(
        {
            "stages": ["mqls", "sqls", "wins"],
            "tables": [
                {
                    "file": "log.csv",
                    "shape": "events",
                    "id": "deal",
                    "stage": "step",
                    "date": "day",
                    "names": {"MQL": "mqls", "SQL": "sqls", "Closed Won": "wins", "Lost": "lost"},
                }
            ],
        },
        folder=str(tmp_path),
    )
    history = read_history(mapping)
    assert [day_of(x) for x in history.dates[0]] == [date(2024, 1, 2), date(2024, 1, 10), date(2024, 2, 1)]
    assert day_of(history.lost[1]) == date(2024, 3, 1) and history.quality.count("unmapped step") == 1


OPPORTUNITIES = "Id,CreatedDate,CloseDate,StageName,IsWon,IsClosed,Amount,LeadSource\n" + "".join(
    f"{i},2024-01-{1 + i % 28:02d},2024-06-30,{'Closed Won' if i % 2 else 'Negotiation'},{i % 2},{i % 2},100,Web\n"
    for i in range(30)
)


def test_snapshots_become_pushes(tmp_path):
    (tmp_path / "o.csv").write_text(OPPORTUNITIES)
    rows = "".join(f"{i},2024-02-{d:02d},2024-0{m}-15\n" for i in range(30) for d, m in ((1, 4), (10, 4), (20, 5)))
    (tmp_path / "h.csv").write_text(
        "OpportunityId,CreatedDate,CloseDate,StageName\n" + rows.replace("-15\n", "-15,x\n")
    )
    from simulator.calibration.crm import ready_mapping

    history = read_history(ready_mapping("salesforce", [str(tmp_path / "h.csv"), str(tmp_path / "o.csv")]))
    assert len(history.pushes.record) == 30
    assert ((history.pushes.new - history.pushes.old) == 30).all()
    before = history.known_at(day_number(date(2024, 2, 19)))
    still = before.open
    assert len(before.pushes.record) == 0 and {day_of(x) for x in before.expected_close[still]} == {date(2024, 4, 15)}


def test_field_history(tmp_path):
    (tmp_path / "o.csv").write_text(OPPORTUNITIES)
    (tmp_path / "f.csv").write_text(
        "OpportunityId,CreatedDate,Field,OldValue,NewValue\n3,2024-02-01,CloseDate,2024-03-01,2024-04-01\n3,2024-02-02,Amount,1,2\n99,2024-02-01,CloseDate,2024-03-01,2024-04-01\n"
    )
    from simulator.calibration.crm import ready_mapping

    history = read_history(ready_mapping("salesforce", [str(tmp_path / "o.csv"), str(tmp_path / "f.csv")]))
    assert len(history.pushes.record) == 1 and history.ids[history.pushes.record[0]] == "3"
    assert history.quality.count("unknown deal") == 1


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "cp1252", "utf-16", "semicolon"])
def test_other_files_read_the_same(tmp_path, folder, kind):
    import polars as pl

    expected = read_history(mapped(folder))
    frame = pl.read_csv(folder / "leads.csv", infer_schema=False)
    given = {
        "tables": [
            {"file": "leads.csv", "id": "id", "segment": "source", "stages": {"mqls": "came"}},
            {"file": "deals.csv", "id": "lead", "stages": {"wins": "won"}, "amount": "amount"},
        ]
    }
    if kind == "parquet":
        frame.write_parquet(folder / "leads.parquet")
        given["tables"][0]["file"] = "leads.parquet"
    elif kind == "xlsx":
        pytest.importorskip("openpyxl")
        frame.write_excel(folder / "leads.xlsx")
        given["tables"][0]["file"] = "leads.xlsx"
    elif kind == "semicolon":
        frame.write_csv(folder / "leads.csv", separator=";")
    else:
        (folder / "leads.csv").write_bytes((LEADS + "7,2024-02-06,Köln\n").encode(kind))
        assert "Köln" in read_history(parse_mapping(given, folder=str(folder))).segments
        return
    got = read_history(parse_mapping(given, folder=str(folder)))
    np.testing.assert_array_equal(got.dates, expected.dates)
    assert got.segments == expected.segments


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tabels": []}, "did you mean 'tables'"),
        ({"tables": [{"file": "x"}]}, "id: every table"),
        ({"before_history": "gone"}, "neither absent nor unrecorded"),
        ({"tables": []}, "at least one table"),
        ({"tables": [{"file": "x", "id": "i", "shape": "long", "stages": {"mqls": "c"}}]}, "none of wide, events"),
        ({"tables": [{"file": "x", "id": "i", "segmnt": "a", "stages": {"mqls": "c"}}]}, "did you mean 'segment'"),
    ],
)
def test_mapping_faults(change, says):
    with pytest.raises(DataError, match=says):
        parse_mapping({"tables": [{"file": "x", "id": "i", "stages": {"mqls": "c"}}], **change})


def test_missing_file_and_column(folder):
    with pytest.raises(DataError, match="no such file"):
        read_history(mapped(folder / "nowhere"))
    (folder / "leads.csv").write_text("id,cam,source\n1,2024-01-01,x\n")
    with pytest.raises(DataError, match="did you mean 'cam'"):
        read_history(mapped(folder))


def test_mapping_file_in_yaml(folder):
    (folder / "map.yaml").write_text(
        "tables:\n  - {file: leads.csv, id: id, segment: source, stages: {mqls: came}}\n  - "
        "{file: deals.csv, id: lead, stages: {wins: won}, amount: amount}\n"
    )
    assert load_mapping(folder / "map.yaml").stages == ("mqls", "wins")
    (folder / "bad.yaml").write_text("tables: [\n")
    with pytest.raises(DataError, match=r"bad\.yaml"):
        load_mapping(folder / "bad.yaml")


def test_a_plan_is_no_mapping_and_is_told_so(folder):
    (folder / "plan.yaml").write_text("start: 2027-Q1\nquarters: 4\nsegments: {a: {volume: 3}}\n")
    with pytest.raises(DataError, match=r"plan\.yaml is a plan, not a mapping.*: simulator run .*--guess") as caught:
        load_mapping(folder / "plan.yaml")
    assert "not a key" not in str(caught.value)


def test_too_little_data_says_how_much_is_needed(folder):
    from simulator.errors import FitError

    with pytest.raises(FitError, match=r"\d dated conversions among .* at least 10 are needed"):
        fit(mapped(folder))
