"""What is wrong with the data: counted and reported, never silently fixed or dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One kind of dirt.

    ``kind`` is a stable identifier, ``count`` of ``of`` records are concerned, ``done`` says what the fit does
    about it, ``examples`` are a few values or ids. ``serious`` findings can change the forecast.
    """

    kind: str
    count: int
    of: int
    message: str
    done: str = ""
    examples: tuple[str, ...] = ()
    serious: bool = False

    def __str__(self) -> str:
        share = f" ({100 * self.count / self.of:.1f}% of {self.of:,})" if self.of else ""
        text = f"{self.count:,}{share} {self.message}"
        if self.examples:
            text += ": " + ", ".join(self.examples)
        return f"{text}. {self.done}" if self.done else text + "."


@dataclass
class Quality:
    """The data-quality page: what was read, and every finding in the order it was made."""

    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        count: int,
        of: int,
        message: str,
        done: str = "",
        examples: Iterable[object] = (),
        serious: bool = False,
    ) -> None:
        """Note a finding; nothing is noted when ``count`` is zero."""
        if count:
            shown = tuple(str(example) for example in list(examples)[:4])
            self.findings.append(Finding(kind, int(count), int(of), message, done, shown, bool(serious)))

    def count(self, kind: str) -> int:
        """How many records all findings of a kind concern."""
        return sum(finding.count for finding in self.findings if finding.kind == kind)

    def to_json(self) -> dict[str, object]:
        """Rows read and findings, as plain data."""
        return {
            "rows": dict(self.rows),
            "findings": [vars(finding) | {"text": str(finding)} for finding in self.findings],
        }

    def to_text(self) -> str:
        """The page as plain text, serious findings first."""
        lines = ["Data quality", "  read: " + (", ".join(f"{name} {n:,} rows" for name, n in self.rows.items()) or "-")]
        for finding in sorted(self.findings, key=lambda item: not item.serious):
            lines.append(f"  {'!' if finding.serious else '-'} {finding}")
        if not self.findings:
            lines.append("  nothing to report")
        return "\n".join(lines)
