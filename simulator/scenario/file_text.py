"""The text of a file the user named, or one line on what keeps us from reading it."""

from __future__ import annotations

import os
import sys

from simulator.errors import Fault, ScenarioError
from simulator.scenario.faults import nearest
from simulator.scenario.nodes import Place

MOST_BYTES = 2_000_000


def text_of(name: str, place: Place | None) -> str:
    """The text of a scenario file, of standard input for ``-``; ``place`` is where another file names it.

    Raises
    ------
    ScenarioError : no such file, a directory, binary data, not UTF-8, too large.
    """

    def stop(message: str) -> ScenarioError:
        if place is None:
            return ScenarioError([Fault("stdin" if name == "-" else name, None, None, message)])
        return ScenarioError([Fault(place.file, place.line, "extends", f"{name} {message}")])

    try:
        if name == "-":
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with open(name, "rb") as file:
                content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise stop(f"does not exist{_neighbour(name)}") from None
    except IsADirectoryError:
        raise stop("is a directory, not a scenario file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise stop(f"cannot be read: {reason[:1].lower()}{reason[1:]}") from None
    if len(content) > MOST_BYTES:
        raise stop(f"is larger than {MOST_BYTES // 1_000_000} MB; that is no scenario file")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise stop("is in UTF-16; save it as UTF-8 text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise stop(f"is not a text file in UTF-8 (line {line}); save it as UTF-8 text") from None
    if "\0" in text:
        raise stop("is not a text file; it holds binary data")
    return text


def _neighbour(name: str) -> str:
    folder, wanted = os.path.split(name)
    try:
        known = [entry.name for entry in os.scandir(folder or os.curdir) if entry.is_file()]
    except (OSError, ValueError):
        return f"; neither does the folder {folder}" if folder else ""
    return nearest(wanted, known, 0.75)
