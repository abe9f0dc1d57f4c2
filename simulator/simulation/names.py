"""Names of streams: 64 bits that stand for who draws, and for what."""

from __future__ import annotations

import hashlib

import numpy as np


def stream_name(*parts: str) -> np.uint64:
    """64 bits that stand for a name; equal names share their luck.

    >>> int(stream_name("conversion", "inbound", "mqls") ^ stream_name("conversion", "inbound", "mqls"))
    0
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))
