"""What has been worked out already, by what it was worked out from: variants of a plan share most of it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

import numpy as np

Found = TypeVar("Found")


def mark(array: Any) -> bytes:
    """A fingerprint of an array's content and shape: equal for equal numbers."""
    held = np.ascontiguousarray(array)
    found = hashlib.blake2b(repr((held.shape, held.dtype.str)).encode(), digest_size=16)
    found.update(held.data if held.size else b"")
    return found.digest()


class Memory:
    """Results by what they follow from, those asked for last kept up to ``most`` bytes.

    Two threads may work the same thing out at once; both then go on with the first one's.
    """

    def __init__(self, most: int = 192 << 20):
        self._most, self._held = most, 0
        self._known: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._known

    def recall(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """What ``make`` gives, made once for each key."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                found: Found = self._known[key][0]
                return found
        made = make()
        size = _bytes(made)
        with self._lock:
            if key in self._known:
                first: Found = self._known[key][0]
                return first
            self._known[key] = (made, size)
            self._held += size
            while self._held > self._most and len(self._known) > 1:
                _, (_, gone) = self._known.popitem(last=False)
                self._held -= gone
        return made


def _bytes(made: Any) -> int:
    """Memory of the arrays in a result, as far as it is plain."""
    if isinstance(made, np.ndarray):
        return int(made.nbytes)
    if isinstance(made, (tuple, list)):
        return sum(map(_bytes, made)) + 64
    if isinstance(made, dict):
        return sum(_bytes(part) for part in made.values() if not getattr(part, "kept_by_itself", False)) + 64
    if hasattr(made, "__dict__") and not isinstance(made, Memory):
        inside = (part for part in vars(made).values() if not getattr(part, "kept_by_itself", False))
        return sum(map(_bytes, inside)) + 64
    return 64
