"""The examples in the documentation, found and run.

What a fenced block holds is said by its language:

``console``
    Lines that start with ``$ `` are commands and are run; the lines below one are what it prints (both outputs), where
    ``...`` alone on a line stands for any lines. A command without lines below prints whatever it likes. It must
    succeed, unless it ends in ``# exit status N``. A plain call of ``simulator`` runs in this process, where everything
    is loaded already; what has pipes and the like is left to a shell.
``python``
    Run; all of a page share their names.
``yaml``
    Must be YAML; with ``# NAME.yaml`` as its first line it is also written to that file for later commands.
``json``
    Must be JSON.
``sh``
    Not run (installing, or data that only the reader has), but every ``simulator`` in it must name verbs and options
    that exist.

``python -m tests.docs.examples`` writes what the commands print today into the pages.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```\s*$", re.MULTILINE | re.DOTALL)
FIRST_TIME = "Compiling the simulation for this machine"
STATUS = re.compile(r"# exit status (\d+)$")


def pages() -> list[Path]:
    """README, changelog and every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@dataclass
class Command:
    """A command of a console block and what the page says it prints; ``None``: nothing is said."""

    text: str
    printed: list[str] | None = None

    @property
    def status(self) -> int:
        found = STATUS.search(self.text)
        return int(found[1]) if found else 0


@dataclass
class Block:
    """A fenced block: its language, its text, and where the text starts and ends in the page."""

    language: str
    text: str
    line: int
    span: tuple[int, int]
    indent: str = ""
    commands: list[Command] = field(default_factory=list)


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = []
    for match in FENCE.finditer(page):
        text = re.sub(f"^{match[1]}", "", match[3], flags=re.MULTILINE)
        block = Block(match[2], text, page.count("\n", 0, match.start(3)) + 1, match.span(3), match[1])
        if block.language == "console":
            block.commands = commands(text)
        found.append(block)
    return found


def commands(text: str) -> list[Command]:
    """Commands (``$ …``, continued after a backslash) and what they print."""
    found: list[Command] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines)
            found.append(Command(command))
        else:
            if found[-1].printed is None:
                found[-1].printed = []
            found[-1].printed.append(line)
    for command in found:
        while command.printed and not command.printed[-1].strip():
            command.printed.pop()
    return found


def plain_call(command: str) -> list[str] | None:
    """The arguments of a command that is nothing but a call of ``simulator``; ``None`` if a shell has to read it."""
    words = shlex.shlex(
        STATUS.sub("", command).replace("\\\n", " "), posix=True, punctuation_chars="|&;<>()$`*?[]{}~!#"
    )
    words.whitespace_split = True
    words.commenters = ""
    found = list(words)
    shell = [word for word in found if word and all(letter in words.punctuation_chars for letter in word)]
    return found[1:] if found[:1] == ["simulator"] and not shell else None


def matches(printed: list[str], expected: list[str]) -> bool:
    """Whether lines are as expected, ``...`` standing for any."""
    parts = [re.escape(line.rstrip()) + r"\n" if line.strip() != "..." else r"(?:.*\n)*?" for line in expected]
    text = "".join(line.rstrip() + "\n" for line in printed)
    return re.fullmatch("".join(parts) + r"\n*", text) is not None


class Desk:
    """A folder with the example scenarios in which the commands of one page are run."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.names: dict[str, object] = {"__name__": "__page__"}
        shutil.copytree(ROOT / "scenarios", folder / "scenarios", dirs_exist_ok=True)
        if (ROOT / "docs" / "examples").is_dir():
            shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples", dirs_exist_ok=True)
        tools = folder / ".tools"
        tools.mkdir()
        for name in ("simulator", "python"):
            module = "-m simulator " if name == "simulator" else ""
            tool = tools / name
            tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n')
            tool.chmod(0o755)
        self.environment = {
            **os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
            "COLUMNS": "80", "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1",
        }  # fmt: skip

    def run(self, command: Command, *, in_a_shell: bool = False) -> tuple[int, list[str]]:
        """Exit status and the lines printed."""
        words = plain_call(command.text)
        status, text = self._in_a_shell(command) if in_a_shell or words is None else self._here(words)
        text = text.replace(str(self.folder) + "/", "")
        return status, [line for line in text.splitlines() if not line.startswith(FIRST_TIME)]

    def _here(self, words: list[str]) -> tuple[int, str]:
        from simulator.cli.main import main

        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.here())
            stack.enter_context(contextlib.redirect_stdout(said))
            stack.enter_context(contextlib.redirect_stderr(said))
            try:
                main(words)
            except SystemExit as stop:
                status = int(stop.code or 0)
        said.seek(0)
        return status, said.read()

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """In the folder, with the width of the pages."""
        before, width = os.getcwd(), os.environ.get("COLUMNS")
        os.chdir(self.folder)
        os.environ["COLUMNS"] = self.environment["COLUMNS"]
        try:
            yield
        finally:
            os.chdir(before)
            os.environ.pop("COLUMNS")
            if width is not None:
                os.environ["COLUMNS"] = width

    def _in_a_shell(self, command: Command) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", command.text], cwd=self.folder, env=self.environment, text=True, encoding="utf-8",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout

    def python(self, block: Block, page: Path) -> None:
        """Run a python block, with line numbers of the page."""
        with self.here():
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), self.names)

    def write(self, block: Block) -> None:
        """A yaml block that names its file becomes that file."""
        named = re.match(r"# (\S+\.ya?ml)\n", block.text)
        if named:
            (self.folder / named[1]).write_text(block.text, encoding="utf-8")


def update(page: Path) -> bool:
    """Put into a page what its commands print now; says whether it changed."""
    text = page.read_text(encoding="utf-8")
    changes: list[tuple[tuple[int, int], str]] = []
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        for block in blocks(text):
            if block.language == "yaml":
                desk.write(block)
            if block.language == "python":
                desk.python(block, page)
            if block.language != "console":
                continue
            lines = []
            for command in block.commands:
                lines += ["$ " + command.text]
                status, printed = desk.run(command)
                if status != command.status:
                    raise SystemExit(f"{page}: {command.text}\n" + "\n".join(printed))
                if command.printed is None:
                    continue
                if "..." in [line.strip() for line in command.printed]:
                    lines += command.printed if matches(printed, command.printed) else _kept(printed, command.printed)
                else:
                    lines += [line.rstrip() for line in printed]
            changes.append((block.span, "".join(f"{block.indent}{line}".rstrip() + "\n" for line in lines)))
    fresh = text
    for (start, end), content in reversed(changes):
        fresh = fresh[:start] + content + fresh[end:]
    if fresh != text:
        page.write_text(fresh, encoding="utf-8")
    return fresh != text


def _kept(printed: list[str], expected: list[str]) -> list[str]:
    """Lines printed now that stand where the page shows lines, by their first two words."""
    wanted = {tuple(line.split()[:2]) for line in expected}
    kept: list[str] = []
    for line in printed:
        if tuple(line.split()[:2]) in wanted and line.strip():
            kept.append(line.rstrip())
        elif not kept or kept[-1] != "...":
            kept.append("...")
    return kept


if __name__ == "__main__":
    for one in [Path(name).resolve() for name in sys.argv[1:]] or pages():
        print("changed" if update(one) else "as it was", one.relative_to(ROOT))
