"""The forms in which single values are written: what each field of the model accepts.

A form stands in the annotation of a field (``Annotated[Numbers, NumbersForm("share")]``). The reader
asks it what is allowed, the JSON Schema is built from it, and so the model stays the only place
that says which keys there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.scenario.scales import Domain
from simulator.scenario.spreads import Spread, Unit
from simulator.scenario.uncertain import Number


@dataclass(frozen=True)
class Form:
    """Base of all forms; as an annotation it makes pydantic accept what a reader gives, and nothing raw."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return handler(source)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"x-form": self}


@dataclass(frozen=True)
class TextForm(Form):
    """A text; ``choices`` limits it, ``words`` says what is allowed."""

    words: str = "text"
    pattern: str | None = None
    empty: bool = False


@dataclass(frozen=True)
class WholeForm(Form):
    """A whole number in ``low``..``high``."""

    low: int
    high: int


@dataclass(frozen=True)
class PlainForm(Form):
    """A certain number; ``open`` leaves out the ends."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False


@dataclass(frozen=True)
class NumberForm(Form):
    """An uncertain number: plain or one of the forms of ranges.

    ``least`` and ``most`` bound it within its domain; ``zero`` lets a positive one be 0.
    """

    domain: Domain
    zero: bool = False
    least: float | None = None
    most: float | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return _instance(Number)


@dataclass(frozen=True)
class NumbersForm(NumberForm):
    """An uncertain number, or a list of them, one per quarter."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return _numbers()


@dataclass(frozen=True)
class SpreadForm(Form):
    """How weeks or money differ between leads or deals; a ``delay`` is at least a week."""

    unit: Unit
    delay: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.nullable_schema(_instance(Spread))


@dataclass(frozen=True)
class SpecialForm(Form):
    """A part of the file with a reader and a schema of its own."""

    kind: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        if self.kind == "win_probability":
            return core_schema.nullable_schema(_instance(Number))
        if self.kind in ("capacity", "follow_up"):
            return core_schema.dict_schema(core_schema.str_schema(), handler(source)["values_schema"])
        inside = {"conversion": _numbers, "rates": lambda: _instance(Number), "lag_weeks": lambda: _instance(Spread)}
        if self.kind in inside:
            return core_schema.dict_schema(core_schema.str_schema(), inside[self.kind]())
        return handler(source)


def _instance(kind: type) -> Any:
    from pydantic_core import core_schema

    return core_schema.is_instance_schema(kind)


def _numbers() -> Any:
    from pydantic_core import core_schema

    return core_schema.tuple_variable_schema(_instance(Number), min_length=1)
