"""SIPmath libraries: known answers, what a reader makes of them, and what compaction costs."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from simulator.export.series import Columns
from simulator.export.sipmath import compact, files
from simulator.export.sipmath.hdr import hdr
from simulator.statistics import metalog
from tests.export import plans


def naive_hdr(i, entity, var_id, seed3=0, seed4=0):
    """The published formula in Python's unbounded integers."""
    first = (i * 2499997 + var_id * 1800451 + entity * 2000371 + seed3 * 1796777 + seed4 * 2299603) % 7450589
    second = (i * 2246527 + var_id * 2399993 + entity * 2100869 + seed3 * 1918303 + seed4 * 1624729) % 7450987
    a = 999999999999989 % (first * 4658 + 7450581) * 383 % 99991
    b = 999999999999989 % (second * 7580 + 7560584) * 17669 % 7440893
    return ((a * 7440893 + b) * 1343 % 4294967296 + 0.5) / 4294967296


def naive_metalog(y, a, lower=None):
    """Term by term, as readers of the standard compute it."""
    logit = math.log(y / (1 - y))
    total = 0.0
    for k in range(1, len(a) + 1):
        power = (y - 0.5) ** ((k - 1) // 2)
        term = {1: 1.0, 2: logit, 3: (y - 0.5) * logit, 4: y - 0.5}.get(k, power if k % 2 else power * logit)
        total += a[k - 1] * term
    return total if lower is None else lower + math.exp(total)


def test_hdr_known_answer():
    assert np.round(hdr(3, 1000, 1), 8).tolist() == [0.40187436, 0.96424616, 0.15085978]


@pytest.mark.parametrize("entity, var_id, seed3, seed4", [(1000, 1, 0, 0), (9039920, 7, 3, 11), (1, 9_999_999, 5, 6)])
def test_hdr_is_the_formula(entity, var_id, seed3, seed4):
    """Vectorised in 64 bits and in unbounded integers, to the last bit; late trials too."""
    found = hdr(200_000, entity, var_id, seed3, seed4)
    for i in (1, 2, 3, 1000, 99_999, 200_000):
        assert found[i - 1] == naive_hdr(i, entity, var_id, seed3, seed4)


def test_metalog_known_answer():
    """The 16 coefficients that ProbabilityManagement.org's schema gives for the standard normal."""
    a = [-1.18721e-8, -108.7360185, 0.000228037, 437.4513354, -0.000910088, 988.3027041, -3370.883493, -0.001941269,
         0.006475465, -2823.944368, 7434.879183, 0.004897097, -0.011367609, 2456.743398, -3595.592826,
         -0.003114859]  # fmt: skip
    y = np.array([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
    assert (
        np.abs(metalog.quantile(np.array(a), y) - stats.norm.ppf(y)).max() < 5e-3
    )  # the coefficients are printed to 9 digits and cancel


@pytest.mark.parametrize("lower", [None, -0.5])
@pytest.mark.parametrize("terms", [2, 5, 9, 16])
def test_metalog_is_the_formula(terms, lower):
    a = np.random.default_rng(terms).normal(size=terms)
    for y in (0.001, 0.3, 0.5, 0.77, 0.999):
        assert metalog.quantile(a, np.array([y]), lower)[0] == pytest.approx(naive_metalog(y, a, lower), rel=1e-12)


def test_fit_returns_the_coefficients():
    a = np.array([20.0, 2.0, 0.3, -1.0, 0.5])
    y = np.linspace(0.001, 0.999, 999)
    found = metalog.fit(metalog.quantile(a, y), y, np.ones(y.size), 5)
    assert found == pytest.approx(a, rel=1e-8)
    assert metalog.feasible(a)
    assert not metalog.feasible(np.array([0.0, -1.0]))


@pytest.fixture(scope="module")
def base():
    return plans.result(trials=2000)


def lines_are_safe(path):
    raw = path.read_bytes()
    assert max(raw) < 128
    lines = raw.decode("ascii").split("\n")
    assert lines.pop() == ""
    assert all(line.strip() for line in lines)
    assert max(map(len, lines)) <= 8000
    assert not any(line.lstrip().startswith(("=", "+", "-", "@")) for line in lines)


def test_exact_library_is_the_trials(base, tmp_path):
    path = tmp_path / "plan.sipmath.json"
    files.write_json([base], path)
    lines_are_safe(path)
    library = json.loads(path.read_text())
    assert (library["objectType"], library["libraryType"]) == ("sipModel", "SIPmath_3_0")
    assert library["PM_Trials"] == 2000
    assert library["U01"]["rng"] == [{"name": "indexRng", "function": "Index", "arguments": {"counter": "PM_Index"}}]
    sips = {sip["name"]: sip for sip in library["sips"]}
    for series in Columns(base).all:
        sip = sips[series.name]
        assert sip["function"] == "SIP_Array"
        assert sip["ref"] == {"source": "rng", "name": "indexRng"}
        assert np.array_equal(sip["arguments"]["value"], series.values)
    wins, bookings = (np.array(sips[n]["arguments"]["value"]) for n in ("wins_2027Q4", "bookings_2027"))
    joint = ((wins >= 25) & (bookings >= 3_500_000)).mean()
    assert joint == base.target_hits[:, :2].all(axis=1).mean()


def read_library(library, trials):
    """What a tool that knows only the standard makes of a library: name -> trials."""
    uniforms = {}
    for rng in library["U01"]["rng"]:
        if rng["function"] == "HDR_2_0":
            arguments = rng["arguments"]
            keys = (arguments["entity"], arguments["varId"], arguments["seed3"], arguments["seed4"])
            uniforms[rng["name"]] = [naive_hdr(i, *keys) for i in range(1, trials + 1)]
    (copula,) = library["U01"]["copula"]
    variable = {v["name"]: v["value"] for v in library["globalVariables"]}
    table = variable[copula["arguments"]["correlationMatrix"]["value"]]
    names = table["columns"]
    matrix = np.zeros((len(names), len(names)))
    for cell in table["matrix"]:
        i, j = names.index(cell["row"]), names.index(cell["col"])
        matrix[i, j] = matrix[j, i] = cell["value"]
    scores = stats.norm.ppf(np.array([uniforms[name] for name in copula["arguments"]["rng"]]))
    tied = stats.norm.cdf(np.linalg.cholesky(matrix) @ scores)
    layers = dict(zip(copula["copulaLayer"], tied, strict=True))
    found = {}
    for sip in library["sips"]:
        arguments = sip["arguments"]
        if sip["function"] == "SIP_Array":
            found[sip["name"]] = np.array(arguments["value"])
            continue
        assert sip["function"] == "Metalog_1_0" and len(arguments["aCoefficients"]) <= 16
        assert arguments.get("lowerBound") != 0 and "upperBound" not in arguments
        y = layers[sip["ref"]["copulaLayer"]]
        values = np.array([naive_metalog(u, arguments["aCoefficients"], arguments.get("lowerBound")) for u in y])
        found[sip["name"]] = np.floor(values + 0.5) if sip.get("rounding") == "nearest" else values
    return found


def test_compact_library_reads_back(base, tmp_path):
    """Read by the standard alone, margins and dependence are those of the trials, within what the file states."""
    path = tmp_path / "plan.sipmath.json"
    files.write_json([base], path, compact=True)
    lines_are_safe(path)
    assert path.stat().st_size < 300_000
    library = json.loads(path.read_text())
    trials = 1500
    for sip in list(library["sips"])[::2]:
        if sip["name"] not in ("wins_2027Q4", "bookings_2027", "draw_inbound_conversion_mqls"):
            library["sips"].remove(sip)  # half of them will do: the reader is slow and obvious
    found = read_library(library, trials)
    stated = {sip["name"]: sip.get("metadata", {}).get("largest error of P", 0.0) for sip in library["sips"]}
    series = {s.name: s for s in Columns(base).all}
    metalogs = [sip["name"] for sip in library["sips"] if sip["function"] == "Metalog_1_0"]
    assert len(metalogs) > 0.8 * len(found) > 20
    noise = 1.95 / math.sqrt(trials)  # Kolmogorov's 99.9% point; HDR is deterministic, so this never flickers
    for name in metalogs:
        values = series[name].values
        grid = np.unique(values)
        gap = np.abs(
            np.searchsorted(np.sort(values), grid, "right") / values.size
            - np.searchsorted(np.sort(found[name]), grid, "right") / trials
        ).max()
        assert gap <= stated[name] + noise, name
    assert "wins_2027Q4" in metalogs and "bookings_2027" in metalogs
    ranks = stats.spearmanr(found["wins_2027Q4"], found["draw_inbound_conversion_mqls"]).statistic
    truth = stats.spearmanr(series["wins_2027Q4"].values, series["draw_inbound_conversion_mqls"].values).statistic
    assert abs(truth) > 0.3
    assert ranks == pytest.approx(truth, abs=0.1)


def test_error_of_compaction_is_stated_and_true(base, tmp_path):
    path = tmp_path / "plan.sipmath.json"
    files.write_json([base], path, compact=True)
    text = json.loads(path.read_text())["provenance"]
    target = base.targets[0]
    shape = compact.shape_of(Columns(base).targets[0])
    stated = shape.probability(25, least=True)
    assert f"{target.name}: exact {target.value:.4f}, compact {stated:.4f}" in text
    u = (np.arange(200_000) + 0.5) / 200_000
    assert stated == pytest.approx((shape.values(u) >= 25).mean(), abs=1e-5)
    assert abs(stated - target.value) <= shape.error + 1e-9
    assert "All targets together: exact" in text
    assert "Largest error of any probability" in text


def test_a_spike_at_zero_stays_exact():
    """A metalog cannot hold it; the array can."""
    values = np.where(np.random.default_rng(1).random(2000) < 0.4, 0, np.random.default_rng(2).poisson(30, 2000))
    from simulator.export.series import Series

    assert compact.shape_of(Series("x_1_", "x", values, "count")) is None
    assert compact.shape_of(Series("y_1_", "y", np.full(2000, 3), "count")) is None


def test_correlation_is_positive_definite_even_for_twins(base):
    shape = compact.shape_of(Columns(base).quarter("wins", "2027-Q1"))
    matrix = compact.correlation([shape, shape, shape])
    assert np.linalg.cholesky(matrix).shape == (3, 3)
    assert matrix[0, 1] > 0.98


def test_sipmath_xlsx_layout(base, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "plan.sipmath.xlsx"
    files.write_xlsx([base], path)
    book = openpyxl.load_workbook(path)
    sheet = book["Library"]
    assert (sheet["A1"].value, sheet["B1"].value) == ("PM_Trials", 2000)
    assert sheet["A2"].value == "PM_Lib_Provenance" and "Twenty-five customers" in sheet["B2"].value
    for series in Columns(base).all:
        place = book.defined_names[series.name].attr_text.split("!")[1].replace("$", "")
        cells = [cell[0].value for cell in sheet[place]]
        assert np.array_equal(cells, series.values), series.name
        assert sheet.cell(6, sheet[place][0][0].column).value == series.name
    assert book.defined_names["PM_Trials"].attr_text == "Library!$B$1"


def test_sipmath_csv(base, tmp_path):
    path = tmp_path / "plan.sipmath.csv"
    files.write_csv([base], path)
    text = path.read_bytes().decode("ascii")
    assert '"' not in text
    head, *rows = text.splitlines()
    assert len(rows) == 2000
    series = Columns(base).all
    assert head.split(",") == [s.name for s in series]
    assert np.array_equal(np.array([r.split(",") for r in rows], dtype=float), np.stack([s.values for s in series], 1))
