"""``python -m benchmarks.randomness --minutes 10``: test the keyed streams in the engine's orders.

Every order gets its share of the time, chunk after chunk; a p-value below the limit is a failure. With
``--dieharder`` the order "as played" also goes through all of dieharder's tests.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from . import battery, external
from .orders import ORDERS, Order

LIMIT = 1e-8
"""A true generator gets below this once in 300,000 runs of about 300 statistics."""
CHUNK = 1 << 22


def test_orders(orders: tuple[Order, ...], *, seed: int, minutes: float, tell) -> list[dict[str, Any]]:
    """One row per order: bytes tested, and every statistic's p-value."""
    pools: list[dict[str, battery.Pooled]] = [{} for _ in orders]
    tested = [0] * len(orders)
    sources = [order.chunks(seed, CHUNK) for order in orders]
    end = time.monotonic() + 60 * minutes
    rounds = 0
    while rounds == 0 or time.monotonic() < end:
        for index, order in enumerate(orders):
            words = next(sources[index])
            battery.run(words, pools[index], order.period)
            tested[index] += words.nbytes
        rounds += 1
        tell(f"round {rounds}: smallest p {min(p.p_value() for each in pools for p in each.values()):.2g}")
    return [
        {
            "order": order.name,
            "bytes": tested[index],
            "p_values": {name: pooled.p_value() for name, pooled in pools[index].items()},
        }
        for index, order in enumerate(orders)
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: one line per order."""
    lines = ["| order | GB | statistics | smallest p | which | outcome |", "| --- | ---: | ---: | ---: | --- | --- |"]
    for row in rows:
        name, p = min(row["p_values"].items(), key=lambda item: item[1])
        outcome = "passed" if p > LIMIT else "FAILED"
        count = len(row["p_values"])
        lines.append(f"| {row['order']} | {row['bytes'] / 1e9:.1f} | {count} | {p:.2g} | {name} | {outcome} |")
    return "\n".join(lines)


def main() -> int:
    """Run, print, store; 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.randomness", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="for the battery, all orders together")
    parser.add_argument("--seed", type=int, default=20270101)
    parser.add_argument("--order", action="append", help="only this one; may be given several times")
    parser.add_argument("--dieharder", type=float, metavar="MINUTES", help="also dieharder, for at most so long")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    orders = tuple(order for order in ORDERS if not options.order or order.name in options.order)
    if not orders:
        parser.error(f"orders are: {', '.join(order.name for order in ORDERS)}")

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    rows = test_orders(orders, seed=options.seed, minutes=options.minutes, tell=tell) if options.minutes > 0 else []
    failed = any(p < LIMIT for row in rows for p in row["p_values"].values())
    record: dict[str, Any] = {"seed": options.seed, "minutes": options.minutes, "orders": rows}
    if rows:
        print(table(rows))
    if options.dieharder:
        if not external.available():
            parser.error("dieharder is not installed")
        lines, fed, whole = external.run(ORDERS[-1], options.seed, ["-a"], seconds=60 * options.dieharder)
        counts = {word: sum(line.assessment == word for line in lines) for word in ("PASSED", "WEAK", "FAILED")}
        record["dieharder"] = {"gigabytes": fed, "whole": whole, "lines": [line.__dict__ for line in lines], **counts}
        print(f"dieharder, {fed:.1f} GB{'' if whole else ' (cut off)'}: {counts}")
        for line in lines:
            if line.assessment != "PASSED":
                print(f"  {line.assessment}: {line.test} ntup={line.ntup} p={line.p_value}")
        failed = failed or counts["FAILED"] > 0
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
