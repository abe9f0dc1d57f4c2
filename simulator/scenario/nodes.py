"""A document as it was written: plain values that remember where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class Bad:
    """The type of :data:`BAD`: whatever is asked of it is BAD too, and it holds nothing."""

    def __getattr__(self, name: str) -> Bad:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *values: Any, **named: Any) -> Bad:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __repr__(self) -> str:
        return "BAD"


BAD: Any = Bad()
"""Stands for a value with a fault that has been noted, so that all else can still be checked."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written.

    ``file`` is the name shown to the user (or the ``--set`` text), ``folder`` what relative paths
    in it start from, ``order`` the rank of the file among those of one scenario.
    """

    file: str | None = None
    line: int | None = None
    folder: str = "."
    order: int = 0


FIRST_CHANGE = 1_000
"""``order`` of the first change; files come before."""


@dataclass(slots=True)
class Node:
    """A value and its place; ``value`` is a ``dict[str, Node]``, a ``list[Node]`` or a scalar.

    The place of a value in a mapping is that of its key. Nodes are never changed once built, so that
    scenarios may share them.
    """

    value: Any
    place: Place

    @property
    def mapping(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def list(self) -> bool:
        return isinstance(self.value, list)

    def items(self) -> Iterator[tuple[str, Node]]:
        """Key and node pairs of a mapping."""
        return iter(self.value.items())

    def get(self, key: str) -> Node | None:
        """The node under a key, None where absent or null."""
        found: Node | None = self.value.get(key)
        return None if found is None or found.value is None else found

    def plain(self) -> Any:
        """The value without places: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def node_from(value: Any, place: Place) -> Node:
    """Wrap plain values; tuples become lists, keys become text."""
    if isinstance(value, Node):
        return value
    if isinstance(value, dict):
        return Node({str(key): node_from(item, place) for key, item in value.items()}, place)
    if isinstance(value, (list, tuple)):
        return Node([node_from(item, place) for item in value], place)
    return Node(value, place)


def was_changed(node: Node, order: int) -> bool:
    """Whether a node, or one right inside it, comes from a change or from a child of the file of rank ``order``."""
    inside = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    return any(item.place.order >= FIRST_CHANGE or item.place.order < order for item in (node, *inside))
