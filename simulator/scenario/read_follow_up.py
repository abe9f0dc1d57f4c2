"""Reading ``follow_up``: what becomes of the leads of a stage once they are worked."""

from __future__ import annotations

from typing import Any

from simulator.scenario.faults import listed, nearest
from simulator.scenario.forms import SpecialForm
from simulator.scenario.nodes import Node
from simulator.scenario.people import FollowUp
from simulator.scenario.reading import BAD, Reading, build, is_mapping, join, keys_of, read_fields, reads
from simulator.scenario.segment import Segment


@reads("follow_up")
def read_follow_up(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """By stage; which stages a segment passes is checked with the segment."""
    if not is_mapping(node, path, reading.stages[:-2], reading):
        return BAD
    found: dict[str, Any] = {}
    for stage, item in node.items():
        inside = join(path, stage)
        if stage in keys_of(Segment):
            found[stage] = reading.fault(
                item, inside, f"unknown stage; {stage} belongs one level up: check the indentation"
            )
        elif item.value is not None:
            found[stage] = _follow_up(item, inside, reading)
    return found


def _follow_up(node: Node, path: str, reading: Reading) -> Any:
    if not is_mapping(node, path, keys_of(FollowUp), reading):
        return BAD
    values = read_fields(FollowUp, node, path, reading)
    for one, other in (("good", "auc"), ("auc", "good")):
        if values.get(one) is not None and values.get(other) is None and node.get(other) is None:
            reading.fault(node.value[one], join(path, one), f"goes with {other}, which is missing")
    if values.get("good") is not None and values.get("disqualified") is not None:
        reading.fault(
            node.value["disqualified"],
            join(path, "disqualified"),
            "follows from good and auc; leave out one or the other",
        )
    return build(FollowUp, values)


def check_follow_up(segment: Any, node: Node, path: str, reading: Reading) -> None:
    """The stages of ``follow_up`` are those from which a segment's leads go on; deals have their own end."""
    if segment is BAD or not reading.stages_known or segment.follow_up is BAD or segment.volume is BAD:
        return
    if not segment.follow_up or segment.volume.stage is BAD:
        return
    first = reading.stages.index(segment.volume.stage)
    allowed = reading.stages[first:-2]
    block = node.get("follow_up")
    assert block is not None
    for stage, follow in segment.follow_up.items():
        item = block.value[stage]
        inside = join(path, f"follow_up.{stage}")
        if follow is BAD:
            continue
        if stage not in allowed:
            if stage == reading.born:
                why = "a deal is won, lost or slips"
            elif stage in reading.stages:
                why = f"no lead of this segment goes on from {stage!r}"
            else:
                why = f"unknown stage{nearest(stage, allowed)}"
            reading.fault(item, inside, f"{why}; allowed: {listed(allowed, 'and') if allowed else 'none'}")
        elif follow.good is not None and stage == segment.volume.stage:
            reading.fault(
                item.value["good"], join(inside, "good"),
                f"the segment enters at {stage!r}: nobody passes leads on to it by a score",
            )  # fmt: skip
