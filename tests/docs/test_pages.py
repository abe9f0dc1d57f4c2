"""Every example in README and docs runs and prints what the page says; every link leads somewhere."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.docs.examples import ROOT, Desk, blocks, commands, matches, pages, plain_call

PAGES = pages()
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a Unix shell")
@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_examples_run_and_print_what_the_page_says(page: Path, tmp_path: Path):
    found = [b for b in blocks(page.read_text(encoding="utf-8")) if b.language in ("console", "python", "yaml")]
    if not found:
        return
    desk = Desk(tmp_path)
    for block in found:
        if block.language == "yaml":
            desk.write(block)
        elif block.language == "python":
            desk.python(block, page)
        for command in block.commands:
            status, printed = desk.run(
                command, in_a_shell=page.name == "README.md"
            )  # as its reader does, at least there
            assert status == command.status, f"{page.name}: {command.text}\n" + "\n".join(printed)
            if command.printed is not None:
                assert matches(printed, command.printed), f"{page.name}: {command.text}\n" + "\n".join(printed)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_data_in_pages_can_be_read(page: Path):
    from ruamel.yaml import YAML

    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "json":
            json.loads(block.text)
        if block.language == "yaml":
            YAML(typ="safe").load(block.text)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_that_are_not_run_name_verbs_and_options_that_exist(page: Path):
    import click

    from simulator.cli.verbs import cli

    for block in blocks(page.read_text(encoding="utf-8")):
        assert block.language in ("console", "python", "yaml", "json", "sh", "text", "csv", "toml"), block.language
        if block.language != "sh":
            continue
        for line in block.text.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\||;", line.split(" #")[0]):
                words = shlex.split(part)
                if not words or Path(words[0]).name != "simulator":
                    continue
                command: click.Command | None = cli
                for word in words[1:]:
                    if isinstance(command, click.Group):
                        command = command.get_command(click.Context(command), word)
                    elif word.startswith("-") and word != "-" and not word[1:2].isdigit():
                        known = [name for p in command.params for name in (*p.opts, *p.secondary_opts)]
                        assert word.split("=")[0] in [*known, "--help", "-h"], f"{page.name}: {part}: {word}"
                    assert command is not None, f"{page.name}: {part}: no verb {word}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?:|mailto:|#", target):
            assert (page.parent / target.split("#")[0]).exists(), f"{page.name}: {target}"


def test_every_page_is_in_the_menu():
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert page.relative_to(ROOT / "docs").as_posix() in menu, page


def test_examples_notice_what_is_wrong():
    """The checks above can fail."""
    assert matches(["a", "b", "c"], ["a", "...", "c"])
    assert matches(["a", ""], ["a"])
    assert not matches(["a", "b", "d"], ["a", "...", "c"])
    assert not matches(["a 1"], ["a 2"])
    found = commands("$ one \\\n  two\nout\n$ three # exit status 3\n")
    assert [c.text for c in found] == ["one \\\n  two", "three # exit status 3"]
    assert [c.printed for c in found] == [["out"], None] and found[1].status == 3


def test_what_only_a_shell_can_read_is_left_to_one():
    call = "simulator run a.yaml --set 'segments.*.conversion.wins=+10%' \\\n  --fix \"events=1; 2\" # exit status 3"
    wanted = ["run", "a.yaml", "--set", "segments.*.conversion.wins=+10%", "--fix", "events=1; 2"]
    assert plain_call(call) == wanted
    for more in (
        " | head -3",
        " > out.txt",
        " && ls",
        "; ls",
        " $HOME",
        " *.yaml",
        " 2>&1",
        " `pwd`",
        " x*.yaml",
        "|cat",
    ):
        assert plain_call("simulator run a.yaml" + more) is None, more
    assert plain_call("head -4 scenarios/a.csv") is None
