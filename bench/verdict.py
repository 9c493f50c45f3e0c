"""A promise as the benches print it, and what in a run of the bot is no breach of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.crash import Bench

# An edit repeated after a kill changes nothing; a dead poller's request meets the next mode.
EXPECTED = re.compile("not modified|can't use getUpdates|terminated by other")

FAILURE = re.compile(r"^Traceback| ERROR | WARNING worker: ", re.MULTILINE)

Promise = tuple[str, Any, bool]  # what it is called, the figure, whether it was kept


def none(name: str, count: int) -> Promise:
    """A promise that something never happened."""
    return name, int(count), count == 0


def audited(bench: Bench, act: str, but: int = 0) -> int:
    """How often the trail has that act, `but` for an occurrence."""
    where = f"act = '{act}' AND coalesce(subject, '') <> 'GR-{but}'"
    return int(bench.ask(f"SELECT count(*) FROM audit WHERE {where}")[0])
