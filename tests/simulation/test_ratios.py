"""Ratios: of sums, never means of ratios; undefined where there is nothing to divide by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.analysis.compare_result import Comparison
from simulator.errors import ExportError
from simulator.export.series import Columns
from simulator.export.tidy import _pieces, write_json
from simulator.report.tables import as_text, result_table
from simulator.scenario.load import load
from simulator.simulation.metrics import Metric, in_order, metrics_of
from simulator.simulation.provenance import Provenance
from simulator.simulation.result import Result

PLAN: dict[str, Any] = {
    "start": "2027-Q1", "quarters": 2, "stages": ["sqls", "wins"],
    "segments": {name: {"volume": 10, "conversion": {"wins": 0.5}} for name in ("inbound", "outbound")},
}  # fmt: skip
RATIOS = (
    Metric("win_share", "ratio", "ratio", "wins per deal", ("wins", "sqls")),
    Metric("busy", "ratio", "ratio", "utilisation", ("worked", "capacity")),
    Metric("kept", "ratio", "compound", "retention", ("worked", "capacity")),
    Metric("people", "ratio", "ratio", "people needed", ("worked", "weeks")),
)


def result(by: str = "quarter", trials: int = 3) -> Result:
    """Deals 4 and 0, wins 1 and 0, and so on, other numbers in every segment, trial and column."""
    plan = load(PLAN)
    metrics = in_order((*metrics_of(plan.stages, False), *RATIOS))
    columns = 2 if by == "quarter" else 26
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 9, (2, len(metrics) - 4, trials, columns)).astype(np.int32)
    counts[:, 0, 0, : columns // 2] = 0  # no deals in the first quarter of the first trial
    parts = {"worked": rng.random((2, trials, columns)), "capacity": rng.random((2, trials, columns)),
             "weeks": lambda: np.full(columns, 26.0 / columns)}  # fmt: skip
    head = Provenance(
        name="plan", file=None, sha256="", version="", engine="simulate", trials=trials, seed=1, libraries={}
    )
    return Result(
        plan, metrics=metrics, counts=counts, cents=np.zeros((2, 0, trials, columns)), provenance=head, columns=by,
        parts=parts,
    )  # fmt: skip


@pytest.mark.parametrize("by", ["quarter", "week"])
@pytest.mark.parametrize("segment", [None, "inbound", ["outbound", "inbound"]])
def test_sums_are_divided_not_ratios_averaged(by: str, segment: Any) -> None:
    found = result(by)
    for period in ("2027-Q2", "horizon", "2027-Q1"):
        wins, deals = (found.values(name, period, segment).astype(float) for name in ("wins", "sqls"))
        expected = np.array([w / d if d else np.nan for w, d in zip(wins, deals, strict=True)])
        np.testing.assert_array_equal(found.values("win_share", period, segment), expected)
    half = found._counts.shape[3] // 2
    chosen = [0, 1] if segment is None else [found.segments.index(s) for s in np.atleast_1d(segment)]
    worked = found._parts["worked"][chosen][:, :, half:].sum(axis=(0, 2))
    capacity = found._parts["capacity"][chosen][:, :, half:].sum(axis=(0, 2))
    np.testing.assert_allclose(found.values("busy", "2027-Q2", segment), worked / capacity, rtol=1e-14)
    # weeks are not added up over segments
    np.testing.assert_allclose(found.values("people", "2027-Q2", segment), worked / 13, rtol=1e-14)
    np.testing.assert_allclose(found.quarterly("people", segment)[:, 1], worked / 13, rtol=1e-14)
    kept = found.quarterly("kept", segment)
    np.testing.assert_allclose(found.values("kept", "horizon", segment), kept[:, 0] * kept[:, 1], rtol=1e-14)
    assert found["people", segment].shape == (3, 2 * half)
    np.testing.assert_array_equal(found.values("busy", "each quarter", segment), found.quarterly("busy", segment))


def test_what_is_undefined_is_left_out_and_meets_no_target() -> None:
    found = result()
    shares = found.values("win_share", "2027-Q1")
    assert np.isnan(shares[0]) and not np.isnan(shares[1:]).any()
    row = found.summarise("win_share", "2027-Q1")
    assert row["defined"] == pytest.approx(2 / 3) and row["mean"] == pytest.approx(shares[1:].mean())
    for limit in ({"at_least": 0.0}, {"at_most": 99.0}):
        assert found.probability("win_share", period="2027-Q1", **limit).value == pytest.approx(2 / 3)
    nothing = result(trials=1).summarise("win_share", "2027-Q1")
    assert nothing["defined"] == 0 and nothing["mean"] is None and nothing["p50"] is None


def test_tables_exports_and_comparisons_take_them(tmp_path) -> None:
    found = result()
    assert "wins" in as_text(result_table(found))
    write_json([found], tmp_path / "all.json")
    text = (tmp_path / "all.json").read_text()
    assert '"defined"' in text and "NaN" not in text
    assert {"metric", "mean"} <= set(next(_pieces([found], "summary")))
    names = [series.name for series in Columns(found).metrics]
    assert "win_share_2027Q2" in names and "win_share_2027Q1" not in names
    assert "win_share_2027Q1" in [series.name for series in Columns(found, undefined=True).metrics]
    with pytest.raises(ExportError, match="win_share in 2027-Q1, which is undefined in 33"):
        Columns(found).quarter("win_share", "2027-Q1")
    row = Comparison((found, found)).metric("win_share", "2027-Q1")
    assert row.difference.value == 0 and row.race.level == 1 and not np.isnan(row.means[0])
    assert found._repr_html_()
