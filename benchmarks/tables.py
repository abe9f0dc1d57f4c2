"""The record of a run as tables a person reads (Markdown)."""

from __future__ import annotations

from typing import Any


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _count(value: float | None) -> str:
    if value is None:
        return "–"
    digits = len(f"{value:.0f}")
    return f"{round(value, 2 - digits if digits > 2 else 0):,.0f}"


def _times(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:,.{digits if value < 10 else 1}f}×"


def race(rows: list[dict[str, Any]]) -> str:
    """The programs, fastest of each kind first: general ones, then those that need plain numbers."""
    costs = sorted({key for row in rows for key in row if key.startswith("cost_x")}, key=len)
    head = ["program", "trials/s, one thread", "against NumPy", "on two", "two by one"]
    head += [f"cost at {key.removeprefix('cost_')} visitors" for key in costs]
    head += ["trials to ±0.1 points", "seconds to ±0.1 points", "off the exact answer"]
    lines = []
    for row in sorted(rows, key=lambda row: (not row["general"], -row.get("trials_per_second", 0))):
        name = row["name"] if row["general"] else f"*{row['name']}*"
        if "trials_per_second" not in row:
            lines.append([name, row.get("note") or f"wrong: {row['error']}", *[""] * (len(head) - 2)])
            continue
        lines.append(
            [
                name,
                _count(row["trials_per_second"]),
                _times(row["ratio"]),
                _count(row.get("two_trials_per_second")),
                _times(row.get("two_ratio")),
                *(_times(row.get(key)) for key in costs),
                _count(row["trials_to_tenth_of_a_point"]),
                f"{row['seconds_to_tenth_of_a_point']:,.2g}",
                f"{row['deviation']:.1f} SE",
            ]
        )
    return _table(head, lines)


def worked_out(row: dict[str, Any]) -> list[str]:
    """Answers without trials, and analyses made of them."""
    head = ["target", "probability", "seconds", "error", "error it states", "seconds to ±0.1 points", "by trials"]
    lines = [
        [
            each["target"],
            f"{each['probability']:.2%}",
            f"{each['seconds']:.2f}",
            f"{100 * each['error_seen']:.2f} points",
            f"{100 * each['error_stated']:.2f} points",
            f"{each['to_a_tenth']:.2g}",
            f"{each['played_to_a_tenth']:.2g}",
            _times(each["ratio"]),
        ]
        for each in row["questions"]
    ]
    some = [[each["analysis"], _brief(each["seconds"]), _brief(each["processor"])] for each in row["analyses"]]
    return [
        "## Worked out instead of played",
        _table([*head, "ratio"], lines),
        f"{row['plan']}; processor seconds of one thread. Error: standard deviation of the answer under different "
        "seeds.",
        _table(["analysis without trials", "seconds", "processor seconds"], some),
    ]


def _brief(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def write(record: dict[str, Any]) -> str:
    """The whole record."""
    machine = record["machine"]
    parts = [
        "# Benchmarks",
        f"{machine['processor']}, {machine['cores']} cores; Python {machine['python']}, NumPy {machine['numpy']}, "
        f"numba {machine['numba']}. {record['rounds']} rounds in turns, medians; each program was checked against "
        "the exact answer in the same run (limit: 4.9 standard errors). Trust ratios more than absolute figures.",
    ]
    for name, rows in record.get("races", {}).items():
        parts += [
            f"## {name}",
            race(rows),
            "*In italics*: programs for plans of plain numbers only. ±0.1 points: a standard error of 0.1 percentage "
            "points of the probability of the wins, on one thread.",
        ]
    if record.get("uncertain"):
        lines = [
            [
                row["plan"],
                _count(row["numpy"]),
                _count(row["simulator"]),
                _times(row["ratio"]),
                _times(row["two_ratio"]),
            ]
            for row in record["uncertain"]
        ]
        head = ["plan", "NumPy, trials/s", "simulator, trials/s", "ratio", "two threads by one"]
        parts += ["## Everything uncertain", _table(head, lines)]
    if record.get("worked_out"):
        parts += worked_out(record["worked_out"])
    if record.get("startup"):
        lines = [
            [
                f"`{row['command']}`",
                f"{row['seconds']:.2f}" if "seconds" in row else row["note"],
                f"{row['more']:+.2f} s against {row['against']}" if "more" in row else "",
                f"{row['processor']:.2f}" if "processor" in row else "",
                f"{row['more_processor']:+.2f} s" if "more_processor" in row else "",
            ]
            for row in record["startup"]
        ]
        parts += [
            "## Whole processes",
            _table(["command", "seconds", "difference", "processor seconds", "difference"], lines),
        ]
    if record.get("threads"):
        lines = [
            [
                row["plan"],
                f"{row['trials']:,}",
                _times(row["ratio"]),
                _times(row["ratio_on_free_processors"]),
                _times(row["cost"]),
                "–" if row["blocked"] is None else f"{row['blocked']:.1%}",
            ]
            for row in record["threads"]
        ]
        head = ["plan", "trials", "two threads by one", "had the processors been free", "processor time of a trial"]
        parts += [
            "## Two threads",
            _table([*head, "blocked"], lines),
            "Free processors: without the time in which a thread that could run waited for a processor, which others "
            "had. Blocked: the share of the time that threads waited for anything else.",
        ]
    if record.get("outputs"):
        lines = [[r["plan"], _times(r["every_metric"]), _times(r["summed_up"])] for r in record["outputs"]]
        head = ["time of a trial, by that with the seven outputs above", "every metric, read", "summed up, not kept"]
        parts += ["## Every metric", _table(head, lines)]
    for part, title in (("memory", "Memory"), ("many", "More trials than memory")):
        if record.get(part):
            lines = [
                [
                    f"{row['trials']:,}" if row["trials"] else "none, imports only",
                    str(row["quarters"] or "–"),
                    {"trials": "yes", "summaries": "summed up"}.get(row["keep"], "–"),
                    f"{row['seconds']:.1f}" if row["trials"] else "–",
                    f"{row['peak_mib']:,.0f}",
                ]
                for row in record[part]
            ]
            parts += [f"## {title}", _table(["trials", "quarters", "kept", "seconds on two", "peak, MiB"], lines)]
    return "\n\n".join(parts) + "\n"
