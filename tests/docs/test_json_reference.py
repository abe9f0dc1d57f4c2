"""The reference of JSON documents against the documents: every key that comes out is explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import simulator as sim
from simulator.scenario.model import Scenario

PAGE = (Path(__file__).parents[2] / "docs/reference/json.md").read_text(encoding="utf-8")
PLAN = sim.load("scenarios/twenty-five-customers.yaml")
MID = sim.load("scenarios/mid-market.yaml")
HOW: dict[str, Any] = {"trials": 100, "seed": 7}
VOLUME, RATE = "segments.inbound.volume", "segments.inbound.conversion.sqls"


def enterprise() -> Scenario:
    return sim.load("scenarios/enterprise.yaml")


DOCUMENTS = {
    "run": lambda: sim.simulate(MID, **HOW).to_json(),
    "compare": lambda: sim.compare(PLAN, sim.what_if(PLAN, {RATE: "+10%"}), **HOW).to_json(),
    "sweep": lambda: sim.sweep(PLAN, {VOLUME: "900,1000"}, **HOW).to_json(),
    "sensitivity": lambda: [
        *sim.sensitivity(PLAN, **HOW).to_json(), *sim.sensitivity(MID, method="sobol", **HOW).to_json(),
    ],
    "solve": lambda: sim.solve(PLAN, VOLUME, **HOW).to_json(),
    "luck": lambda: [
        sim.luck(enterprise(), **HOW).to_json(),
        sim.luck(MID, actual={"wins": 30, "mqls": 500}, period="2027-Q4", **HOW).to_json(),
    ],
}  # fmt: skip


def keys(document: Any) -> Iterator[str]:
    """Every key of a document, at any depth; not those that are names of a plan's own things."""
    if isinstance(document, list):
        for item in document:
            yield from keys(item)
    elif isinstance(document, dict):
        for key, item in document.items():
            yield key
            if key not in ("libraries", "values") or isinstance(item, list):
                yield from keys(item)


def section(verb: str) -> str:
    """What the page says of a verb, with the head that all have in common."""
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    return "\n".join(part for part in parts if part.startswith((f"`{verb}`", "`run`")))


@pytest.mark.parametrize("verb", DOCUMENTS)
def test_every_key_is_explained(verb: str) -> None:
    text = section(verb)
    assert f"`{verb}`" in text
    known = set(re.findall(r"`\"?(…?[\w.]+)", text)) | set(re.findall(r'"(\w+)"', text))
    known |= {f"p{level:02d}" for level in (5, 10, 25, 50, 75, 90, 95)}
    endings = [ending.removeprefix("…") for ending in known if ending.startswith("…")]
    missing = {
        key for key in keys(DOCUMENTS[verb]())
        if key not in known and not key.startswith(("mean: ", "probability: ", "segments."))
        and not any(key.endswith(ending) and key.removesuffix(ending) in known for ending in endings)
    }  # fmt: skip
    assert not missing, sorted(missing)


def test_a_key_that_is_not_explained_is_found() -> None:
    assert "invented" in set(keys([{"targets": [{"invented": 1}]}]))
    assert "invented" not in section("luck")
