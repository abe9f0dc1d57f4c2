"""The SIPmath 3.0 library, a JSON file that is also safe to read line by line into cells."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import ExportError
from simulator.export.series import Series

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.export.series import Columns

LONGEST_LINE = 8000
WRAP = 4000


def plain(values: Iterable[Any]) -> list[int | float]:
    """Numbers as JSON writes them shortest: whole ones without a point."""
    return [int(v) if float(v).is_integer() and abs(v) < 2**53 else float(v) for v in values]


def exact_sip(series: Series) -> dict[str, Any]:
    """A series trial by trial."""
    return {
        "name": series.name,
        "ref": {"source": "rng", "name": "indexRng"},
        "function": "SIP_Array",
        "arguments": {"type": "array", "value": plain(series.values.tolist())},
        "metadata": metadata(series),
    }


def metadata(series: Series) -> dict[str, Any]:
    """What a reader shows about a series."""
    p10, p50, p90 = (float(p) for p in np.percentile(series.values, (10, 50, 90)))
    mean = float(f"{float(np.mean(series.values)):.10g}")
    return {"label": series.label[:500], "mean": mean, "P10": p10, "P50": p50, "P90": p90}


def exact_library(columns: Sequence[Columns], name: str, created: datetime) -> str:
    """All trials, joint order kept: one coherent library."""
    series = [s for one in columns for s in one.all]
    rng = [{"name": "indexRng", "function": "Index", "arguments": {"counter": "PM_Index"}}]
    text = about(columns) + " Exact: every series is the simulated trials in their order."
    head = _head(name, created, text, columns[0].result.trials)
    return render(head, [], {"rng": rng}, [exact_sip(s) for s in series])


def compact_library(columns: Sequence[Columns], name: str, created: datetime) -> str:
    """HDR, Gaussian copula and metalogs; series that no metalog fits stay exact, and the file says which."""
    from simulator.export.sipmath.compact import ENTITY, correlation, hydrate, shape_of

    series = [s for one in columns for s in one.all]
    found = {s.name: shape for s in series if (shape := shape_of(s)) is not None}
    shapes = list(found.values())
    kept = [s for s in series if s.name not in found]
    rng: list[dict[str, Any]] = [
        {"name": f"hdr{n}", "function": "HDR_2_0",
         "arguments": {"counter": "PM_Index", "entity": ENTITY, "varId": n, "seed3": 0, "seed4": 0}}
        for n in range(1, len(shapes) + 1)
    ]  # fmt: skip
    if kept:
        rng.append({"name": "indexRng", "function": "Index", "arguments": {"counter": "PM_Index"}})
    numbers = {name: n for n, name in enumerate(found, start=1)}
    sips = []
    for one in series:
        if one.name not in found:
            sips.append(exact_sip(one))
            continue
        shape = found[one.name]
        sip: dict[str, Any] = {
            "name": one.name,
            "ref": {"source": "copula", "name": "Gaussian", "copulaLayer": f"c{numbers[one.name]}"},
            "function": "Metalog_1_0",
        }
        if shape.whole:
            sip["rounding"] = "nearest"
        bound = {} if shape.lower is None else {"lowerBound": shape.lower}
        sip["arguments"] = bound | {"aCoefficients": shape.coefficients.tolist()}
        sips.append(sip | {"metadata": metadata(one) | {"largest error of P": float(f"{shape.error:.3g}")}})
    error = _errors(columns, found, shapes, kept)
    variables: list[dict[str, Any]] = []
    uniform: dict[str, Any] = {"rng": rng}
    if shapes:
        matrix = correlation(shapes)
        names = [s.series.name for s in shapes]
        error += _joint_error(columns, found, hydrate(shapes, matrix, columns[0].result.trials))
        variables = [{"name": "correlationMatrix", "value": {"columns": names, "rows": names, "matrix": [
            {"row": names[i], "col": names[j], "value": float(matrix[i, j])}
            for i in range(len(names)) for j in range(i + 1)
        ]}}]  # fmt: skip
        uniform["copula"] = [
            {"name": "Gaussian", "function": "GaussianCopula",
             "arguments": {"correlationMatrix": {"type": "globalVariables", "value": "correlationMatrix"},
                           "rng": [f"hdr{n}" for n in range(1, len(shapes) + 1)]},
             "copulaLayer": [f"c{n}" for n in range(1, len(shapes) + 1)]}
        ]  # fmt: skip
    head = _head(
        name, created, f"{about(columns)} Compact: metalogs and a Gaussian copula. {error}", columns[0].result.trials
    )
    return render(head, variables, uniform, sips)


def _errors(columns: Sequence[Columns], found: dict[str, Any], shapes: Sequence[Any], kept: Sequence[Series]) -> str:
    """What compaction costs: in each target's probability, and at worst anywhere."""
    parts = []
    for number, one in enumerate(columns, start=1):
        which = f"scenario {number}, " if len(columns) > 1 else ""
        for target, series in zip(one.result.targets, one.targets, strict=True):
            if series.name not in found:
                parts.append(f"{which}{target.name}: exact {target.value:.4f} (its series is kept exact)")
                continue
            least = target.at_least is not None
            threshold = target.at_least if target.at_least is not None else target.at_most
            compact = found[series.name].probability(threshold, least)
            parts.append(f"{which}{target.name}: exact {target.value:.4f}, compact {compact:.4f}")
    text = f"Probability of each target: {'; '.join(parts)}. " if parts else ""
    if shapes:
        worst = max(shapes, key=lambda s: s.error)
        text += f"Largest error of any probability of one series: {worst.error:.4f} ({worst.series.name}). "
    if kept:
        text += (
            "Kept exact, and so tied to each other but not to the rest, because no metalog is close enough: "
            f"{', '.join(s.name for s in kept)}. "
        )
    return text


def _joint_error(columns: Sequence[Columns], found: dict[str, Any], trials: np.ndarray) -> str:
    """The same for all targets together, in the trials a reader makes of the library."""
    place = {name: index for index, name in enumerate(found)}
    text = ""
    for number, one in enumerate(columns, start=1):
        joint = one.result.all_targets
        if joint is None or len(one.targets) < 2 or any(s.name not in place for s in one.targets):
            continue
        hits = [t.met(trials[place[s.name]]) for t, s in zip(one.result.targets, one.targets, strict=True)]
        compact = float(np.logical_and.reduce(hits).mean())
        which = f" in scenario {number}" if len(columns) > 1 else ""
        text += f"All targets together{which}: exact {joint.value:.4f}, compact {compact:.4f}. "
    return text


def about(columns: Sequence[Columns]) -> str:
    """Scenarios, files and seeds in one sentence."""
    first = columns[0].result
    parts = [
        f"scenario {one.result.scenario.name} (file {one.result.provenance.file or 'none'}, "
        f"sha256 {one.result.provenance.sha256})" for one in columns
    ]  # fmt: skip
    return f"{'; '.join(parts)}; simulator {first.provenance.version}, seed {first.seed}, {first.trials} trials."


def _head(name: str, created: datetime, provenance: str, trials: int) -> dict[str, Any]:
    clean = " ".join(provenance.split())
    return {
        "name": name, "objectType": "sipModel", "libraryType": "SIPmath_3_0",
        "dateCreated": created.strftime("%Y-%m-%d"), "version": "1",
        "provenance": _fitting(clean), "PM_Trials": trials,
    }  # fmt: skip


def _fitting(text: str) -> str:
    """Text cut so that it fits on a line once escaped."""
    room = LONGEST_LINE - 60
    while len(json.dumps(text)) > room:
        text = text[: int(len(text) * 0.9)].rstrip() + " ..."
    return text


def render(head: dict[str, Any], variables: Sequence[Any], uniform: dict[str, Any], sips: Sequence[Any]) -> str:
    """JSON in lines of at most 8,000 ASCII characters, none empty, none starting like a formula."""
    lines = ["{"]
    lines += [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    lines += [' "globalVariables": [', *_items(variables), " ],", ' "U01": {']
    for last, (key, value) in _last(list(uniform.items())):
        lines += [f"  {json.dumps(key)}: [", *_items(value), "  ]" + ("" if last else ",")]
    lines += [" },", ' "sips": [', *_items(sips), " ]", "}"]
    longest = max(map(len, lines))
    if longest > LONGEST_LINE:
        raise ExportError(f"a line of {longest} characters is longer than SIPmath readers take ({LONGEST_LINE})")
    return "\n".join(lines) + "\n"


def _last(items: Sequence[Any]) -> Iterator[tuple[bool, Any]]:
    for index, item in enumerate(items):
        yield index == len(items) - 1, item


def _items(items: Sequence[Any]) -> Iterator[str]:
    for last, item in _last(items):
        pieces = list(_wrapped(item))
        yield from pieces[:-1]
        yield pieces[-1] + ("" if last else ",")


def _wrapped(item: Any) -> Iterator[str]:
    """One object on a line, or on several broken after commas; texts inside never hold a break."""
    text = json.dumps(item)
    if len(text) < WRAP:
        yield f"  {text}"
        return
    line = ""
    for token in _tokens(item):
        if len(line) + len(token) > WRAP:
            yield f"  {line}"
            line = ""
        line += token
    yield f"  {line}"


def _tokens(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for last, (key, item) in _last(list(value.items())):
            yield f"{json.dumps(key)}: "
            yield from _tokens(item)
            if not last:
                yield ", "
        yield "}"
    elif isinstance(value, list):
        yield "["
        for last, item in _last(value):
            yield from _tokens(item)
            if not last:
                yield ", "
        yield "]"
    else:
        yield json.dumps(value)
