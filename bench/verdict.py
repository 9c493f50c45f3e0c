"""A promise as the benches print it."""

from __future__ import annotations

from typing import Any

Promise = tuple[str, Any, bool]  # what it is called, the figure, whether it was kept


def none(name: str, count: int) -> Promise:
    """A promise that something never happened."""
    return name, int(count), count == 0
