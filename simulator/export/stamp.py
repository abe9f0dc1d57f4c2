"""The date written into exports: today, or the one SOURCE_DATE_EPOCH sets for builds that must repeat."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from simulator.errors import UsageError


def today() -> datetime:
    """Midnight (UTC) of today, without a zone; two exports of one day are the same bytes."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = datetime.fromtimestamp(int(text), UTC) if text else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"SOURCE_DATE_EPOCH is {text!r}, not a number of seconds") from None
    return now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
