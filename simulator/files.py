"""Writing files whole or not at all.

A file is first written beside its final place and moved there when it is complete, so that an
error, a full disk or Ctrl-C never leaves half a file, nor takes away the one that was there.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.errors import ExportError


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a place that cannot be written before hours are spent on what should go there.

    Raises
    ------
    ExportError : a folder, or in a folder that is missing or closed to us.

    Examples
    --------
    >>> check_writable("no/such/folder/plan.json")
    Traceback (most recent call last):
    ...
    simulator.errors.ExportError: cannot write no/such/folder/plan.json: there is no folder no/such/folder
    """
    target = Path(path)
    if target.is_dir():
        raise ExportError(f"cannot write {target}: it is a folder; give a file name in it")
    if not target.parent.is_dir():
        raise ExportError(f"cannot write {target}: there is no folder {target.parent}")
    closed = target if target.exists() else target.parent
    if not os.access(closed, os.W_OK):
        raise ExportError(f"cannot write {target}: no permission to write to {closed}")


@contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to; what was written becomes ``path`` when the block succeeds.

    The temporary file is in the same folder and keeps the ending, for writers that look at it.

    Raises
    ------
    ExportError : the place cannot be written.

    Examples
    --------
    >>> with whole("doctest-answer.txt") as temporary:
    ...     _ = temporary.write_text("42")
    >>> Path("doctest-answer.txt").read_text()
    '42'
    >>> Path("doctest-answer.txt").unlink()
    """
    check_writable(path)
    target = Path(os.path.realpath(path))
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        yield target  # /dev/null or a pipe: there is nothing to keep, and nothing that could be moved there
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem[:40]}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror}") from error
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(_mode(target))
        os.replace(temporary, target)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write text as UTF-8, whole or not at all."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _mode(target: Path) -> int:
    """The permissions the file has, or those any new file gets here (temporary ones are private)."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
