"""``python -m benchmarks``: run, print and store the comparison.

python -m benchmarks --quick                     # a minute; figures are rough
python -m benchmarks --only simulator,numpy      # these programs
python -m benchmarks --parts r1,startup          # these parts
python -m benchmarks --parts many                # ten million trials: minutes, and only when asked for
python -m benchmarks --json mine.json            # and mine.md and mine.png beside it

Without ``--json`` the record goes to results/latest.json, results/latest.md, and the chart to docs/images/speed.png.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from . import funnel, memory, outputs, plot, race, startup, tables, threads, uncertain, worked_out

HERE = Path(__file__).parent
USUAL = ("r1", "customers", "uncertain", "exact", "threads", "outputs", "startup", "memory")
PARTS = (*USUAL, "many")
LATEST = HERE / "results" / "latest.json"
CHART = HERE.parent / "docs" / "images" / "speed.png"


def processor() -> str:
    """The name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def machine() -> dict[str, Any]:
    """What a reader must know to place the figures."""
    from importlib.metadata import version

    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "scipy")},
    }


def main(arguments: list[str] | None = None) -> int:
    """Parse, measure, print, store; 1 when a program's answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast, against whom.")
    parser.add_argument("--quick", action="store_true", help="short runs and few rounds")
    parser.add_argument("--only", metavar="A,B", help="programs, by short name")
    parser.add_argument("--parts", metavar="A,B", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help="how often everybody runs")
    parser.add_argument("--seconds", type=float, help="how long one run of one program takes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to store the record, by default in results/")
    options = parser.parse_args(arguments)
    parts = set(options.parts.split(",")) if options.parts else set(USUAL)
    if unknown := parts - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    only = set(options.only.split(",")) if options.only else None
    rounds = options.rounds or (3 if options.quick else 5)
    seconds = options.seconds or (0.1 if options.quick else 0.4)
    target, chart = (LATEST, CHART) if options.json is None else (options.json, options.json.with_suffix(".png"))

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    record: dict[str, Any] = {"machine": machine(), "rounds": rounds, "seconds": seconds, "races": {}}
    for part, plan in (("r1", "r1.yaml"), ("customers", "twenty-five-customers.yaml")):
        if part in parts:
            loaded = funnel.load(funnel.PLANS / plan)
            visitors = () if part == "customers" else (10,) if options.quick else (10, 100)
            record["races"][loaded.name] = race.race(
                loaded, only=only, seconds=seconds, rounds=rounds, visitors=visitors, tell=tell
            )
    if "uncertain" in parts:
        document = funnel.read(funnel.PLANS / "mid-market.yaml")
        record["uncertain"] = [uncertain.compare(document, seconds=seconds, rounds=rounds, tell=tell)]
    if "exact" in parts:
        quick = {"rounds": 4, "trials": 2000} if options.quick else {"rounds": 16, "trials": 20_000}
        record["worked_out"] = worked_out.measure(worked_out.PLAN, **quick, tell=tell)
    documents = [
        funnel.read(funnel.PLANS / name) for name in ("r1.yaml", "twenty-five-customers.yaml", "mid-market.yaml")
    ]
    if "threads" in parts:
        few = 1 if options.quick else 3
        record["threads"] = [threads.measure(d, seconds=2.2, rounds=few, tell=tell) for d in documents]
    if "outputs" in parts:
        record["outputs"] = [outputs.measure(d, seconds=seconds, rounds=rounds, tell=tell) for d in documents]
    if "startup" in parts:
        record["startup"] = startup.measure(rounds=5 if options.quick else 9, tell=tell)
    if "memory" in parts:
        record["memory"] = memory.measure(memory.QUICK if options.quick else memory.USUAL, tell=tell)
    if "many" in parts:
        record["many"] = memory.measure(memory.MANY, tell=tell)

    target.parent.mkdir(parents=True, exist_ok=True)
    text = tables.write(record)
    for path, content in ((target, json.dumps(record, indent=1) + "\n"), (target.with_suffix(".md"), text)):
        new = path.with_name(path.name + ".new")
        new.write_text(content, encoding="utf-8")
        new.replace(path)
    if any("trials_per_second" in row for row in record["races"].get(plot.PLAN, ())):
        plot.draw(record["races"][plot.PLAN], chart)
    print(text)
    wrong = [row["name"] for rows in record["races"].values() for row in rows if "error" in row]
    if wrong:
        print(f"wrong answers: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
