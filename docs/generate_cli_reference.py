"""Writes docs/reference/cli.md from the command line itself: python docs/generate_cli_reference.py"""

from __future__ import annotations

import inspect
from pathlib import Path

import click

from simulator.cli.verbs import VERBS, cli

PAGE = Path(__file__).parent / "reference" / "cli.md"

HEAD = """# The command line

<!-- Written by docs/generate_cli_reference.py; change the commands, not this page. -->

`simulator VERB`. Results go to standard output, messages and progress to standard error. `-` reads a scenario from
standard input.

| exit status | means |
| --- | --- |
| 0 | done |
| 1 | the run failed |
| 2 | wrong usage, or a wrong scenario |
| 3 | `--require` not met |
| 130 | Ctrl-C |

"""


def reference() -> str:
    """The whole page."""
    context = click.Context(cli, info_name="simulator", **cli.context_settings)
    parts = [HEAD]
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command is not None
        inside = click.Context(command, info_name=verb, parent=context)
        parts.append(_section(command, inside, "##"))
        if isinstance(command, click.Group):
            for name, part in command.commands.items():
                parts.append(_section(part, click.Context(part, info_name=name, parent=inside), "###"))
    return "\n".join(parts)


def _section(command: click.Command, context: click.Context, level: str) -> str:
    text = [f"{level} {context.command_path}", ""]
    if not isinstance(command, click.Group):
        pieces = " ".join(command.collect_usage_pieces(context))
        text += ["```text", f"{context.command_path} {pieces}", "```", ""]
    text.append(_prose(inspect.cleandoc(command.help or "")))
    options = [
        p for p in command.get_params(context) if isinstance(p, click.Option) and not isinstance(command, click.Group)
    ]
    if options:
        text += ["", "| option | |", "| --- | --- |"]
        text += [_row(option, context) for option in options]
    return "\n".join(text) + "\n"


def _prose(help_text: str) -> str:
    """Paragraphs as they are; those marked with \\b as a block of commands."""
    found = []
    for paragraph in help_text.split("\n\n"):
        if paragraph.startswith("\b\n"):
            head, *lines = paragraph[2:].split("\n")
            found.append(f"{head}\n\n```sh\n" + "\n".join(line.strip() for line in lines) + "\n```")
        else:
            found.append(" ".join(paragraph.split()))
    return "\n\n".join(found)


def _row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None
    names, about = (part.replace("|", "\\|") for part in record)
    about = about.replace("*", "\\*").replace("_", "\\_")
    return f"| `{names}` | {about} |"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
