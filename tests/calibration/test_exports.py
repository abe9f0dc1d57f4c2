"""Exports as CRMs and spreadsheets really write them: each gives the same history, or an error that says what to do."""

import csv
import io
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from simulator.calibration.fit import fit
from simulator.calibration.guess import guess_mapping
from simulator.calibration.read import read_history
from simulator.calibration.source import mapping_of
from simulator.errors import DataError, FitError

OUTCOME = ("open", "won", "lost")
OPEN_UNTIL = date(2026, 3, 1)


def deals(count=120):
    """Deals of 2025, the same every time: id, created, closed or None, outcome, amount, source."""
    rng = np.random.default_rng(11)
    rows = []
    for number in range(count):
        made = date(2025, 1, 6) + timedelta(days=int(rng.integers(0, 330)))
        closed = made + timedelta(days=int(rng.gamma(2, 20)))
        known = closed <= date(2025, 12, 31)
        outcome = 1 + int(rng.random() > 0.4) if known else 0
        amount = float(np.round(rng.lognormal(9.5, 0.8), 2))
        rows.append((f"D{number:04d}", made, closed if known else None, outcome, amount, ["Web", "Events"][number % 2]))
    return rows


DEALS = deals()
HEADER = ["Deal ID", "Created Date", "Closed Date", "Status", "Amount", "Source"]


def plain(row):
    return [row[0], row[1], row[2] or "", OUTCOME[row[3]], row[4], row[5]]


def text(header=HEADER, make=plain, *, delimiter=",", rows=DEALS):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(make(row) for row in rows)
    return out.getvalue()


def us(day):
    return f"{day.month}/{day.day}/{day.year}" if day else ""


def dotted(day):
    return f"{day.day:02d}.{day.month:02d}.{day.year}" if day else ""


def serial(day):
    return (day - date(1899, 12, 30)).days if day else ""


def german(amount):
    return f"{amount:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") + " €"


def zoned(day):
    ends = ("T23:30:00Z", "T01:15:00+02:00", "T10:00:00.000-0500", " 10:00:00 UTC")
    return f"{day}{ends[day.day % 4]}" if day else ""


def epoch(day):
    return int((datetime(day.year, day.month, day.day) - datetime(1970, 1, 1)).total_seconds() * 1000) if day else ""


FRENCH = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]
SPANISH = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]


def french(day):
    return f"{day.day} {FRENCH[day.month - 1]} {day.year}" if day else ""


def spanish(day):
    return f"{day.day} de {SPANISH[day.month - 1]} de {day.year}" if day else ""


def chinese(day):
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def dated(form):
    return lambda r: [r[0], form(r[1]), form(r[2]), OUTCOME[r[3]], r[4], r[5]]


def grouped(rows=DEALS):
    """A report that names each group on its first row, with subtotals."""
    for source in ("Web", "Events"):
        mine = [r for r in rows if r[5] == source]
        for place, r in enumerate(mine):
            yield ["" if place else source, r[0], r[1], r[2] or OPEN_UNTIL, LIVELY[OUTCOME[r[3]]], r[4]]
        yield ["Subtotal", "", "", "", "Sum", round(sum(r[4] for r in mine), 2)]
        yield ["", "", "", "", "Count", len(mine)]


LIVELY = {"won": "Closed Won", "lost": "Closed Lost", "open": "Negotiation/Review"}
HUBSPOT = {"won": "Closed won (Sales)", "lost": "Closed lost (Sales)", "open": "Appointment scheduled (Sales)"}
FOOTER = '\n\n"Copyright (c) 2000-2026 salesforce.com, inc."\n"Confidential Information - Do Not Distribute"\n'

EXPORTS = {
    "plain": text(),
    "bom, semicolons, decimal commas": "\ufeff"
    + text(
        make=lambda r: [r[0], dotted(r[1]), dotted(r[2]), OUTCOME[r[3]], f"{r[4]:.2f}".replace(".", ","), r[5]],
        delimiter=";",
    ),
    "german": text(
        ["Vorgangs-ID", "Erstellt am", "Geschlossen am", "Status", "Betrag", "Quelle"],
        lambda r: [
            r[0],
            dotted(r[1]),
            dotted(r[2]),
            ("In Arbeit", "Gewonnen", "Verloren")[r[3]],
            german(r[4]),
            r[5],
        ],
        delimiter=";",
    ),
    "tabs": text(delimiter="\t"),
    "pipes": text(delimiter="|"),
    "sep line": "sep=;\n" + text(delimiter=";"),
    "title above, total below": "Opportunities\nAs of 2025-12-31\n\n" + text() + "Total,,,,123456,\n" + FOOTER,
    "capitals and spaces": text(
        [" DEAL id ", " Created DATE", "CLOSED date ", "STATUS ", " amount ", " SOURCE"],
        lambda r: [f" {cell} " for cell in plain(r)],
    ),
    "serial dates": text(make=lambda r: [r[0], serial(r[1]), serial(r[2]), OUTCOME[r[3]], r[4], r[5]]),
    "serial dates with time": text(
        ["Deal ID", "Created", "Closed", "Status", "Amount", "Source"],
        lambda r: [r[0], serial(r[1]) + 0.375, serial(r[2]) + 0.5 if r[2] else "", OUTCOME[r[3]], r[4], r[5]],
    ),
    "time zones": text(make=lambda r: [r[0], zoned(r[1]), zoned(r[2]), OUTCOME[r[3]], r[4], r[5]]),
    "milliseconds": text(make=lambda r: [r[0], epoch(r[1]), epoch(r[2]), OUTCOME[r[3]], r[4], r[5]]),
    "long dates": text(
        make=lambda r: [
            r[0],
            r[1].strftime("%a, %d %b %Y"),
            r[2].strftime("%B %d, %Y") if r[2] else "",
            OUTCOME[r[3]],
            r[4],
            r[5],
        ]
    ),
    "empty stages": text(
        ["Deal ID", "Created Date", "Closed Date", "Stage", "Amount", "Source"],
        lambda r: [*plain(r)[:3], LIVELY[OUTCOME[r[3]]] if r[3] else ("", " ", "Proposal")[r[1].day % 3], r[4], r[5]],
    ),
    "repeated header": text([*HEADER, "Amount"], lambda r: [*plain(r), 7]),
    "empty header": text([*HEADER, ""], lambda r: [*plain(r), "x"]),
    "line breaks in values": text([*HEADER, "Notes, long"], lambda r: [*plain(r), 'one\ntwo "three"; x']),
    "quotation marks inside": text([*HEADER, "Account"], lambda r: [*plain(r), "_"])
    .replace("_", '"Acme" Inc', 9)
    .replace("_", '12" pipes'),
    "ends of line of an old Mac": text().replace("\n", "\r"),
    "header in between": text(rows=DEALS[:50]) + text(rows=DEALS[50:]),
    "groups of columns above": "Deal,Dates,Dates,Deal,Money,Other\n" + text(),
    "grouped report": text(
        ["Lead Source  ↑", "Opportunity ID", "Created Date", "Close Date", "Stage", "Amount"], list, rows=grouped()
    ),
    "french": text(make=dated(french)),
    "spanish": text(
        ["ID", "Fecha de creación", "Fecha de cierre", "Estado", "Importe", "Fuente"],
        lambda r: [r[0], spanish(r[1]), spanish(r[2]), ("Abierto", "Ganado", "Perdido")[r[3]], r[4], r[5]],
    ),
    "chinese": text(
        ["编号", "创建日期", "关闭日期", "状态", "金额", "来源"],
        lambda r: [r[0], chinese(r[1]), chinese(r[2]), ("进行中", "赢单", "输单")[r[3]], r[4], r[5]],
    ),
    "microseconds": text(make=dated(lambda day: epoch(day) * 1000)),
    "two winning dates": text(
        ["Deal ID", "Created", "Won new on", "Won again on", "Lost on", "Amount", "Source"],
        lambda r: [
            *r[:2], r[2] if r[3] == 1 and r[1].day % 2 else "", r[2] if r[3] == 1 and r[1].day % 2 == 0 else "",
            r[2] if r[3] == 2 else "", r[4], r[5],
        ],
    ),
    "rows twice": text(rows=DEALS + DEALS[:30]),
    "events": text(
        ["Deal ID", "Stage", "Changed At", "Amount", "Source"],
        lambda r: r,
        rows=[
            step
            for r in DEALS
            for step in (
                [r[0], "Qualified", r[1], r[4], r[5]],
                *([[r[0], LIVELY[OUTCOME[r[3]]], r[2], r[4], r[5]]] if r[2] else []),
            )
        ],
    ),
    "salesforce report": text(
        ["Opportunity Name", "Opportunity ID", "Type", "Lead Source", "Amount", "Close Date", "Stage", "Age",
         "Created Date"],
        lambda r: ["x", r[0], "New", r[5], f"${r[4]:,.2f}", us(r[2] or OPEN_UNTIL), LIVELY[OUTCOME[r[3]]], 5, us(r[1])],
    ) + FOOTER,
    "salesforce report without id": text(
        ["Opportunity Owner", "Account Name", "Opportunity Name", "Stage", "Fiscal Period", "Amount", "Probability (%)",
         "Age", "Close Date", "Created Date", "Next Step", "Lead Source", "Type"],
        lambda r: ["Ann", "Acme", "x", LIVELY[OUTCOME[r[3]]], "Q1-2025", f"USD {r[4]:,.2f}", 50, 10,
                   us(r[2] or OPEN_UNTIL), us(r[1]), "", r[5], "New"],
    ),
    "salesforce api": text(
        ["Id", "Name", "StageName", "Amount", "CloseDate", "LeadSource", "IsClosed", "IsWon", "CreatedDate"],
        lambda r: ["006" + r[0], "x", LIVELY[OUTCOME[r[3]]], r[4], r[2] or OPEN_UNTIL, r[5], str(r[3] > 0).lower(),
                   str(r[3] == 1).lower(), f"{r[1]}T10:11:12.000Z"],
    ),
    "hubspot": text(
        ["Record ID", "Deal Name", "Deal Stage", "Close Date", "Deal owner", "Amount", "Create Date", "Deal Type"],
        lambda r: [r[0][1:], "x", HUBSPOT[OUTCOME[r[3]]], f"{r[2] or OPEN_UNTIL} 14:33", "Ann", r[4], f"{r[1]} 09:00",
                   r[5]],
    ),
    "pipedrive": text(
        ["Deal - ID", "Deal - Title", "Deal - Value", "Deal - Status", "Deal - Deal created", "Deal - Won time",
         "Deal - Lost time", "Deal - Label"],
        lambda r: [r[0][1:], "x", r[4], OUTCOME[r[3]].title(), f"{r[1]} 08:12:44", f"{r[2]} 10:00" if r[3] == 1 else "",
                   f"{r[2]} 10:00" if r[3] == 2 else "", r[5]],
    ),
}  # fmt: skip


def read(path, **more):
    return read_history(mapping_of([str(path)], None), as_of="2025-12-31", **more)


@pytest.fixture
def write(tmp_path):
    def to(content, name="export.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content.encode(encoding))
        return path

    return to


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_gives_the_same_history(name, write):
    history = read(write(EXPORTS[name]))
    dates = np.floor(history.dates)
    assert np.isfinite(dates[:, 0]).sum() == len(DEALS) == len(history)
    first = date(1970, 1, 1)
    assert sorted(dates[:, 0]) == sorted((r[1] - first).days for r in DEALS)
    won = dates[:, -1]
    assert sorted(won[np.isfinite(won)]) == sorted((r[2] - first).days for r in DEALS if r[3] == 1)
    lost = np.floor(history.lost)
    assert sorted(lost[np.isfinite(lost)]) == sorted((r[2] - first).days for r in DEALS if r[3] == 2)
    assert sorted(history.segments) == ["Events", "Web"]
    assert history.amount == pytest.approx([r[4] for r in DEALS]) or "without id" in name
    assert np.nansum(history.amount) == pytest.approx(sum(r[4] for r in DEALS))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8-sig"])
def test_encodings(encoding, write):
    content = text(make=lambda r: [*plain(r)[:5], {"Web": "Île-de-France", "Events": "Rhône"}[r[5]]])
    assert sorted(read(write(content, encoding=encoding)).segments) == ["Rhône", "Île-de-France"]


def test_what_is_odd_is_reported(write):
    kinds = {f.kind for f in read(write(EXPORTS["title above, total below"])).quality.findings}
    assert {"lines above the header", "rows too short", "no date"} <= kinds
    assert read(write(EXPORTS["repeated header"])).quality.count("repeated column") == 1
    shifted = text() + "D9999,2025-05-05,2025-06-01,won,1,234.50,Web\n"
    assert read(write(shifted)).quality.count("rows too long") == 1


def test_second_sheet(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["see the other sheet"])
    sheet = book.create_sheet("Deals")
    for row in [HEADER, *(plain(r) for r in DEALS)]:
        sheet.append([None if cell == "" else cell for cell in row])
    book.save(tmp_path / "deals.xlsx")
    history = read(tmp_path / "deals.xlsx")
    assert len(history) == len(DEALS) and history.quality.count("other sheets") == 1


def test_reopened_deals_count_from_their_last_decision(write):
    log = (
        "Deal ID,Stage,Changed At\n1,Qualified,2025-01-06\n1,Closed Lost,2025-02-03\n1,Qualified,2025-03-03\n"
        "1,Closed Won,2025-04-07\n2,Qualified,2025-01-06\n2,Closed Won,2025-02-03\n2,Qualified,2025-03-03\n"
        "3,Qualified,2025-01-06\n3,Closed Won,2025-02-03\n3,Onboarding,2025-03-03\n"
    )
    history = read(write(log))
    assert history.quality.count("re-opened") == 2
    assert np.isfinite(history.won).tolist() == [True, False, True] and not np.isfinite(history.lost).any()


REFUSED = {
    "empty": ("", "empty"),
    "header only": (",".join(HEADER) + "\n", "no rows"),
    "one row": (text(rows=DEALS[:1]), "at least 10 are needed"),
    "all open": (text(rows=[(*r[:2], None, 0, *r[4:]) for r in DEALS]), "at least 10 are needed"),
    "only wins": (text(["Deal ID", "Created Date", "Won Date", "Amount"], lambda r: [r[0], r[1], r[2], r[4]],
                       rows=[r for r in DEALS if r[3] == 1]), "won deals only"),
    "open quotation mark": (text([*HEADER, "Name"], lambda r: [*plain(r), "x"]).replace(",x\n", ',"Acme\n', 1),
                            "line 2: a quotation mark is opened"),
    "sign in": ("<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
    "months": (text(make=dated(lambda day: f"{day:%b %Y}" if day else "")), "gives months"),
    "no dates": (text(["Deal ID", "Status", "Amount"], lambda r: [r[0], OUTCOME[r[3]], r[4]]), "date on which"),
    "ambiguous": (
        text(make=lambda r: [r[0], f"{r[1].month:02d}/{r[1].day % 12 + 1:02d}/2025", "", OUTCOME[r[3]], 1, "x"]),
        "day_first"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_with_the_reason(name, write):
    content, said = REFUSED[name]
    with pytest.raises((DataError, FitError), match=said):
        fit([str(write(content))])


@pytest.mark.parametrize(("content", "ending"), [(bytes(range(256)) * 20, "csv"), (b"no workbook", "xlsx")])
def test_files_that_are_no_tables(content, ending, tmp_path, capsys):
    from simulator.cli.main import main

    path = tmp_path / f"deals.{ending}"
    path.write_bytes(content)
    for more in ([], ["--guess"]):
        with pytest.raises(SystemExit) as stop:
            main(["fit", str(path), *more])
        said = capsys.readouterr().err
        assert stop.value.code == 1 and "Error" in said and "Traceback" not in said


LEAD_ID = {
    "zeros lost": (lambda r: f"{int(r[0][1:]) + 1:06d}", lambda r: int(r[0][1:]) + 1),
    "decimals": (lambda r: 5000 + int(r[0][1:]), lambda r: f"{5000 + int(r[0][1:])}.0"),
    "capitals": (lambda r: f"ab-{r[0]}", lambda r: f"AB-{r[0]}"),
    "15 and 18": (lambda r: f"0065e000003{r[0][1:]}", lambda r: f"0065e000003{r[0][1:]}AAQ"),
}


@pytest.mark.parametrize("kind", LEAD_ID)
def test_ids_that_two_tables_write_differently_are_joined_and_counted(kind, write):
    one, other = LEAD_ID[kind]
    leads = write(text(["Lead ID", "Created", "Source"], lambda r: [one(r), r[1], r[5]]), "leads.csv")
    won = [r for r in DEALS if r[3] == 1]
    deals = write(text(["Lead ID", "Won on", "Amount"], lambda r: [other(r), r[2], r[4]], rows=won), "deals.csv")
    history = read_history(mapping_of([str(leads), str(deals)], None))
    assert len(history) == len(DEALS) and np.isfinite(history.won).sum() == len(won)
    assert history.quality.count("ids written differently") == len(won) and not history.quality.count("no match")


def test_ids_that_could_mean_two_are_left_alone():
    from simulator.calibration.identity import matched

    own = np.array(["7", "8"], dtype=object)
    assert matched(["07", "007", "08"], own)[0].tolist() == ["7", "08"]
    assert matched(["07", "9"], np.array(["7", "x", "y"], dtype=object))[1] == 0  # one of three: chance


def test_leads_and_deals_that_both_say_created(write):
    """Of leads "created" is when they came, of deals when they were born; being marked as qualified comes between."""
    leads = text(["Lead ID", "Created Date", "MQL Date", "Source"],
                 lambda r: [r[0], r[1], r[1] + timedelta(days=2), r[5]])  # fmt: skip
    opened = [(r, r[1] + timedelta(days=5)) for r in DEALS]
    deals = text(["Deal ID", "Lead ID", "Created Date", "Stage", "Close Date"],
                 lambda p: ["X" + p[0][0], p[0][0], p[1], OUTCOME[p[0][3]], p[0][2] and max(p[0][2], p[1])],
                 rows=opened)  # fmt: skip
    paths = [str(write(leads, "people.csv")), str(write(deals, "deals.csv"))]
    found = guess_mapping(paths)
    assert found.sure > 0.5 and found.mapping.stages == ("engagements", "mqls", "sqls", "wins")
    assert not found.mapping.tables[1].expected_close  # open deals carry no date
    history = read_history(found.mapping)
    history.ordered(history.quality)
    assert history.quality.count("dates out of order") == 0 and len(history) == len(DEALS)
    bare = text(["Lead ID", "Created Date", "Lead Status"], lambda r: [r[0], r[1], "Converted"])
    bare = guess_mapping([str(write(bare, "people.csv")), paths[1]]).mapping
    assert bare.stages == ("mqls", "sqls", "wins") and not bare.tables[0].status


def test_stages_in_the_wrong_order_are_doubted_and_reported(write):
    path = write(text(["Deal ID", "MQL Date", "SQL Date", "Won Date"],
                      lambda r: [r[0], r[1] + timedelta(days=9), r[1], r[2] if r[3] == 1 else ""]))  # fmt: skip
    assert guess_mapping([str(path)]).sure < 0.5
    history = read(path)
    history.ordered(history.quality)
    assert next(f for f in history.quality.findings if f.kind == "dates out of order").serious


def test_dates_that_stand_for_none_are_counted(write):
    history = read(write(text() + "X1,9999-12-31,,open,5,Web\nX2,1900-01-01,,open,5,Web\nX3,0001-01-01,,open,5,Web\n"))
    assert history.quality.count("date that means none") == 3 and len(history) == len(DEALS)


def test_findings_are_plain_json(write):
    import json

    quality = read(write(text() + ",2025-01-01,,open,5,Web\n")).quality
    quality.add("odd", 3, 4, "of NumPy", serious=np.array([True])[0])
    assert json.loads(json.dumps(quality.to_json()))["findings"][-1]["serious"] is True


def test_workbooks_that_state_a_wrong_size_or_name(tmp_path):
    """Some programs write a size of one cell; some CRMs name a web page or a workbook of today .xls."""
    openpyxl = pytest.importorskip("openpyxl")
    import zipfile

    book = openpyxl.Workbook()
    for row in [["Deals of 2025"], HEADER, *(plain(r) for r in DEALS)]:
        book.active.append([None if cell == "" else cell for cell in row])
    book.save(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as old, zipfile.ZipFile(tmp_path / "deals.xls", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                assert b'<dimension ref="A1:F122"' in content
                content = content.replace(b'<dimension ref="A1:F122"', b'<dimension ref="A1"')
            new.writestr(name, content)
    history = read(tmp_path / "deals.xls")
    assert len(history) == len(DEALS) and history.quality.count("lines above the header") == 1
    for content, says in ((b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
                          (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old kind")):  # fmt: skip
        (tmp_path / "old.xls").write_bytes(content)
        with pytest.raises(DataError, match=says):
            read(tmp_path / "old.xls")


def test_leads_say_the_segment_of_their_opportunities(write):
    """Opportunities exist only for leads that converted: their labels must not tell which did."""
    leads = text(["Id", "CreatedDate", "ConvertedDate", "ConvertedOpportunityId", "LeadSource"],
                 lambda r: ["Q" + r[0], r[1], r[1] if r[1].day % 3 else "", "006" + r[0] if r[1].day % 3 else "", r[5]]
                 )  # fmt: skip
    born = [r for r in DEALS if r[1].day % 3]
    header = ["Id", "CreatedDate", "CloseDate", "StageName", "IsWon", "Amount"]
    for name, label in (("LeadSource", lambda r: r[5] if r[1].day % 2 else ""), ("Type", lambda r: "New")):
        deals = text([*header, name], lambda r, label=label: ["006" + r[0], r[1], r[2] or OPEN_UNTIL,
                     LIVELY[OUTCOME[r[3]]], r[3] == 1, r[4], label(r)], rows=born)  # fmt: skip
        paths = [str(write(leads, "leads.csv")), str(write(deals, "deals.csv"))]
        history = read_history(mapping_of(paths, "salesforce"), as_of="2025-12-31")
        assert sorted(history.segments) == ["Events", "Web"] and len(history) == len(DEALS)
    mapping = {"stages": ["mqls", "wins"], "tables": [
        {"file": paths[0], "id": "ConvertedOpportunityId | Id", "stages": {"mqls": "CreatedDate"}},
        {"file": paths[1], "id": "Id", "closed": "CloseDate", "status": "StageName", "segment": "Type"},
    ]}  # fmt: skip
    from simulator.calibration.mapping import parse_mapping

    found = read_history(parse_mapping(mapping), as_of="2025-12-31").quality
    assert found.count("segment known late") == len(DEALS) - len(born)


def test_contacts_and_deals_of_hubspot_are_not_joined(write):
    contacts = text(["Record ID", "Became a Lead Date", "Became a Customer Date"], lambda r: [r[0], r[1], r[2]])
    paths = [str(write(contacts, "contacts.csv")), str(write(EXPORTS["hubspot"], "deals.csv"))]
    with pytest.raises(DataError, match="cannot be joined"):
        mapping_of(paths, "hubspot")


def test_closed_deals_only_is_said(write):
    rows = [r for r in DEALS if r[3]]
    assert fit([str(write(text(rows=rows)))]).quality.count("nothing open") == len(rows)


def test_odd_amounts_are_counted(write):
    odd = ["-500", "(1,200.00)", "0", "", "€ 1,000", "1200 USD", "CHF 1'234.50", "n/a", "lots"]
    history = read(write(text(make=lambda r: [*plain(r)[:4], odd[int(r[0][1:]) % 9], r[5]])))
    assert set(history.amount[np.isfinite(history.amount)]) == {1000.0, 1200.0, 1234.5}
    assert history.quality.count("unreadable amount") == sum(int(r[0][1:]) % 9 == 8 for r in DEALS)
    assert history.quality.count("zero amount") > 0 and history.quality.count("missing amount") > 0


def test_a_column_is_found_whatever_its_capitals(write):
    path = write(text())
    from simulator.calibration.mapping import parse_mapping

    given = {"file": str(path), "id": "deal_id", "stages": {"sqls": "CREATED DATE"}, "status": "status"}
    mapping = parse_mapping({"stages": ["sqls", "wins"], "tables": [{**given, "closed": "closed-date"}]})
    assert len(read_history(mapping)) == len(DEALS)
    guess = guess_mapping([str(path)])
    assert guess.sure >= 0.75 and guess.mapping.tables[0].closed == "Closed Date"
