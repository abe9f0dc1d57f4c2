"""Results in a notebook: plain HTML tables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any


def table_html(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]], note: str = "") -> str:
    """A table; everything is escaped, the first column is text and the others are numbers.

    >>> table_html("T", ["a"], [["<x>"]])
    '<h4>T</h4><table><tr><th>a</th></tr><tr><td>&lt;x&gt;</td></tr></table>'
    """
    labels = "".join(f"<th>{escape(str(name))}</th>" for name in head)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(str(cell))}</td>" if column == 0 else f"<td style='text-align:right'>{escape(str(cell))}</td>"
            for column, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    more = f"<p>{escape(note)}</p>" if note else ""
    return f"<h4>{escape(title)}</h4><table><tr>{labels}</tr>{body}</table>{more}"
