"""What is wrong with a text that is not YAML, said so that a person can mend it."""

from __future__ import annotations

import re
from typing import Any


def explain(problem: str, context: str, line: str, start: Any) -> str:
    """One line that says what is wrong and what to write instead."""
    if r"'\t'" in problem:
        return "a tab is used for indentation; use spaces"
    if "another document" in problem:
        return "a second document starts here; a file holds one scenario"
    if match := re.search(r"undefined alias '([^']*)'", problem):
        return f"'*{match[1]}' refers to nothing; put the text in quotes if it is not a reference"
    if "mapping values are not allowed" in problem:
        if line.lstrip().startswith("\t") or "\t" in line[: len(line) - len(line.lstrip())]:
            return "a tab is used for indentation; use spaces"
        return (
            "not valid YAML: a second ': ' in the line, wrong indentation, or no blank after the colon in the line "
            "above; put text that holds ': ' in quotes"
        )
    if "cannot start any token" in problem:
        found = re.search(r"character '(.)'", problem)
        return f"not valid YAML: a value cannot start with {found[1] if found else 'this'}; put the text in quotes"
    if "sequence entries are not allowed" in problem:
        return "not valid YAML: a list item ('- ') cannot start here; start it on a line of its own"
    if "unexpected end of stream" in problem and "quoted" in context:
        return "not valid YAML: a quote that is opened here is never closed"
    if "flow sequence" in context or "flow mapping" in context:
        bracket = "[" if "sequence" in context else "{"
        return f"not valid YAML: '{bracket}' opened in line {start.line + 1} is not closed properly"
    if "block mapping" in context:
        return "not valid YAML: this does not belong here; check the indentation and the quotes"
    detail = re.sub(r"\s+", " ", problem).strip() or "cannot be understood"
    return f"not valid YAML: {detail}"
