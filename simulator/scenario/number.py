"""What all numbers of a plan have in common, whether we are sure of them or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.scenario.scales import Domain


@dataclass(frozen=True, kw_only=True)
class Number:
    """Base of all numbers.

    Parameters
    ----------
    name : uses of one name share the uniform, each through its own distribution.
    times : multiplies what is drawn; a share is then capped at 1.
    domain : ``share``, ``positive`` or ``real``.
    """

    name: str | None = None
    times: float = 1.0
    domain: Domain = "real"

    @property
    def certain(self) -> bool:
        """Whether it has the same value in every trial."""
        return False

    @property
    def varies(self) -> bool:
        """Whether trials differ in it: a range of no width is uncertain in form only."""
        return not self.certain

    def _quantile(self, u: Any) -> Any:
        raise NotImplementedError

    def quantile(self, u: Any) -> Any:
        """The value below which a share ``u`` of the trials lies, ``times`` applied.

        Parameters
        ----------
        u : float or float64 array, 0..1.

        Examples
        --------
        >>> from simulator.scenario.uncertain import Range
        >>> round(Range(0.52, 0.66, domain="share").quantile(0.9), 6)
        0.66
        """
        if isinstance(u, int):
            u = float(u)
        value = self._quantile(u)
        if self.times != 1.0:
            value = value * self.times
        if self.domain == "share" and self.times > 1.0:
            if isinstance(value, float):
                return min(1.0, value)
            import numpy as np

            return np.minimum(1.0, value)
        return value

    def median(self) -> float:
        """The middle value over trials."""
        return float(self.quantile(0.5))

    def describe(self) -> str:
        """In words, for tables: ``P10 0.52 – P90 0.66``."""
        words = self._describe()
        if self.times != 1.0:
            words += f", × {self.times:.6g}"
        return f"{words} (shared: {self.name})" if self.name else words

    def _describe(self) -> str:
        raise NotImplementedError


def show(value: float) -> str:
    """A number in words: 40,000 or 0.52."""
    text = f"{value:,.6g}"
    return f"{value:,.0f}" if "e" in text and abs(value) < 1e15 and abs(value) >= 1 else text
