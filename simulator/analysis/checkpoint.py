"""Rows of a sweep on disk while it runs, so that it can go on where it stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from simulator.errors import ExportError, UsageError

FORMAT = 1


class Checkpoint:
    """A file of JSON lines: first what sweep it is, then a line per finished variant.

    A line is written whole and handed to the system before the next; of a sweep that was killed
    the last line may be cut off, and is played again.

    Parameters
    ----------
    path : the file; made if it is not there.
    about : what the rows depend on. A file that says otherwise is refused.
    """

    def __init__(self, path: str | os.PathLike[str], about: Mapping[str, Any]):
        self.path = Path(path)
        self.about = {"sweep": FORMAT, **about}
        self.rows: dict[int, list[Any]] = {}
        self._file: IO[str] | None = None

    @classmethod
    def seed_of(cls, path: str | os.PathLike[str]) -> int | None:
        """The seed of the sweep that a file holds; None where there is no such file."""
        with suppress(OSError, ValueError, AttributeError):
            with open(path, encoding="utf-8") as file:
                seed = json.loads(file.readline()).get("seed")
            return seed if isinstance(seed, int) else None
        return None

    def open(self) -> Checkpoint:
        """Read what is there and make ready to write more.

        Raises
        ------
        UsageError : the file belongs to another sweep, or is something else.
        """
        good = 0
        if self.path.exists() and self.path.stat().st_size:
            good = self._read()
        try:
            file = self.path.open("r+" if good else "w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise ExportError(f"cannot write {self.path}: {error.strerror}") from error
        self._file = file
        if good:
            file.seek(good)
            file.truncate()
        else:
            self._put(self.about)
        return self

    def _read(self) -> int:
        """Keep the rows that are whole; gives how many bytes those are."""
        content = self.path.read_bytes()
        lines = content.split(b"\n")
        whole = lines[:-1]  # after the last line end there is nothing, or a line that was cut off
        if not whole:
            return 0
        try:
            head = json.loads(whole[0])
            assert isinstance(head, dict) and "sweep" in head
        except (ValueError, AssertionError):
            raise UsageError(f"{self.path} is there and is not an unfinished sweep; move it away") from None
        for key, value in json.loads(json.dumps(self.about)).items():
            if head.get(key) != value:
                why = _what_differs(key, head.get(key), value)
                raise UsageError(
                    f"{self.path} holds {len(whole) - 1:,} rows of another sweep: {why}. "
                    "Finish that one with its own settings, or start afresh with --restart"
                )
        good = len(whole[0]) + 1
        for line in whole[1:]:
            try:
                number, row = json.loads(line)
            except (ValueError, TypeError):
                break
            self.rows[int(number)] = row
            good += len(line) + 1
        return good

    def add(self, number: int, row: list[Any]) -> None:
        """Keep a finished variant."""
        self.rows[number] = row
        self._put([number, row])

    def _put(self, item: Any) -> None:
        assert self._file is not None
        try:
            self._file.write(json.dumps(item, allow_nan=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise ExportError(f"cannot write {self.path}: {error.strerror}") from error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Away with it: the rows are safe elsewhere."""
        self.close()
        with suppress(FileNotFoundError):
            self.path.unlink()


_WORDS = {
    "sweep": "it is of another version of this program",
    "version": "version {was} of this program made it, this is {now}",
    "plan": "the plan was another one",
    "seed": "the seed was {was}, now it is {now}",
    "engine": "its engine was {was}, now it is {now}",
    "trials": "{was} trials each, now {now}",
    "target": "the target was {was}, now it is {now}",
    "paths": "it varied {was}, now {now}",
    "design": "the design was {was}, now it is {now}",
    "variants": "the values visited were others",
    "libraries": "other versions of libraries made it",
}


def _what_differs(key: str, was: Any, now: Any) -> str:
    text = [", ".join(map(str, x)) if isinstance(x, list) else str(x) for x in (was, now)]
    return _WORDS.get(key, f"{key} differs").format(was=text[0], now=text[1])
