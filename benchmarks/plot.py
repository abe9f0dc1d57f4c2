"""The chart of the README, from a stored record: ``python -m benchmarks.plot [FILE.json [FILE.svg|png]]``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PLAN = "Reference plan R1"
OURS, OTHERS, SPECIAL = "#1f4e79", "#9aa5b1", "#ffffff"
SENTENCES = {
    "simulator": "simulator (any plan)",
    "numpy": "NumPy over the trial axis",
    "numba": "Numba, a loop per visitor",
    "c": "C, a loop per visitor",
    "monaco": "monaco around a NumPy trial",
    "simpy": "SimPy, a process per visitor",
    "c-tables": "C, tables for this plan",
    "c-collapsed": "C, path classes",
    "numpy-collapsed": "NumPy, path classes",
}


def draw(rows: list[dict[str, Any]], target: Path) -> None:
    """Horizontal bars on a logarithmic axis; programs that only play plain plans are hatched."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    rows = sorted((row for row in rows if "trials_per_second" in row), key=lambda row: row["trials_per_second"])
    speed = {row["program"]: row["trials_per_second"] for row in rows}
    ratio = next((row["ratio"] for row in rows if row["program"] == "simulator"), None)
    title = "Trials per second and thread"
    if ratio:
        title = f"The simulator plays {_times(ratio)} as many trials per second as good NumPy"
    figure, axes = plt.subplots(figsize=(8, 0.42 * len(rows) + 1.7), layout="constrained")
    for place, row in enumerate(rows):
        ours = row["program"] == "simulator"
        colour = OURS if ours else OTHERS if row["general"] else SPECIAL
        hatch = None if row["general"] else "////"
        axes.barh(place, row["trials_per_second"], color=colour, hatch=hatch, edgecolor="#5b6670", height=0.68)
        label = f" {_rounded(row['trials_per_second'])}"
        axes.text(row["trials_per_second"], place, label, va="center", weight="bold" if ours else "normal")
    axes.set_xscale("log")
    axes.set_xlim(min(speed.values()) / 2, max(speed.values()) * 4)
    axes.set_yticks(range(len(rows)), [SENTENCES.get(row["program"], row["name"]) for row in rows])
    for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_weight("bold" if row["program"] == "simulator" else "normal")
    axes.set_xlabel("trials per second on one thread (logarithmic)")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_minor_locator(plt.NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    figure.suptitle(title, x=0.01, ha="left", weight="bold")
    axes.set_title(
        "One plan: 1,000 visitors a quarter, four quarters. Hatched: programs for plans\n"
        "without ranges or a market. All were checked against the exact answer first.",
        loc="left", fontsize=9, color="#444444",
    )  # fmt: skip
    new = target.with_name(f"{target.stem}.new{target.suffix}")
    figure.savefig(new, dpi=150)
    new.replace(target)
    plt.close(figure)


def _rounded(value: float) -> str:
    digits = len(f"{value:.0f}")
    return f"{round(value, 2 - digits if digits > 2 else 0):,.0f}"


def _times(ratio: float) -> str:
    return f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def main(arguments: list[str]) -> int:
    """Read the record of R1, write the picture."""
    source = Path(arguments[0]) if arguments else RESULTS / "latest.json"
    target = Path(arguments[1]) if len(arguments) > 1 else source.with_suffix(".svg")
    record = json.loads(source.read_text(encoding="utf-8"))
    draw(record["races"][PLAN], target)
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
