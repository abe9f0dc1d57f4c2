"""Reading spend: short as a budget per quarter, or the mapping that says more."""

from __future__ import annotations

from typing import Any

from simulator.scenario.faults import show
from simulator.scenario.forms import NumbersForm, SpecialForm
from simulator.scenario.nodes import Node
from simulator.scenario.number_forms import BESIDE, KEYS
from simulator.scenario.read_numbers import read_numbers
from simulator.scenario.reading import BAD, Reading, build, form_of, join, keys_of, read_fields, read_part, reads
from simulator.scenario.spend import Response, Spend


@reads("spend")
def read_spend(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """A number, a list, a range: the budget; or a mapping."""
    budget = form_of(Spend.model_fields["per_quarter"])
    assert isinstance(budget, NumbersForm)
    if not node.mapping or set(node.value) <= {*KEYS, *BESIDE}:
        return build(Spend, {"per_quarter": read_numbers(budget, node, path, reading)})
    misplaced = [key for key in node.value if key in {*KEYS, *BESIDE} and key not in keys_of(Spend)]
    if misplaced:
        shown = "{" + ", ".join(f"{key}: {show(node.value[key].plain())}" for key in misplaced) + "}"
        where = node.value[misplaced[0]]
        reading.fault(where, path, f"{shown} belongs inside per_quarter: write {{per_quarter: {shown}, …}}")
    values = read_fields(Spend, node, path, reading, known=misplaced)
    said = [key for key in keys_of(Spend) if node.get(key) is not None]
    if not misplaced and not {"per_quarter", "per_arrival"} & set(said) and not _unknown(node):
        what = "it says neither per_quarter (a budget) nor per_arrival (a cost of each)"
        return reading.fault(node, path, f"{what}; allowed: one of them or both")
    for key in ("response", "lag_weeks"):
        needed = "per_quarter" if key == "response" else "response"
        if key in said and needed not in said:
            why = "a budget, as per_quarter, to respond to" if key == "response" else "a response that comes later"
            values[key] = reading.fault(node.value[key], join(path, key), f"needs {why}")
    return BAD if misplaced else build(Spend, values)


def _unknown(node: Node) -> bool:
    """Whether there are keys that are faulty already."""
    return any(key not in keys_of(Spend) for key in node.value)


@reads("response")
def read_response(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The curve."""
    return read_part(Response, node, path, reading)
