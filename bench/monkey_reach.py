"""How far the people of the monkey bench came: routes that did something, and acts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from bench.hasty import key_of
from handlers.table import ROUTES
from services.audit import Act
from services.participation import Activity


def tell(folder: Path, *, verbose: bool) -> None:
    """Print which routes, acts of staff and acts that count were reached, and which never."""
    counts: dict[str, int] = json.loads((folder / "reached.json").read_text())
    with closing(sqlite3.connect(folder / "bantar.db")) as db:
        audited = dict(db.execute("SELECT act, count(*) FROM audit GROUP BY act").fetchall())
        logged = dict(
            db.execute("SELECT activity, count(*) FROM participation GROUP BY 1").fetchall()
        )
    _table("routes", counts, [key_of(route) for route in ROUTES], verbose=verbose)
    _table("acts of staff", audited, [act.value for act in Act], verbose=verbose)
    words = [activity.value[0] for activity in Activity]
    _table("acts that count", logged, words, verbose=verbose)


def _table(name: str, counts: dict[str, int], known: Iterable[str], *, verbose: bool) -> None:
    wanted = list(dict.fromkeys(known))
    never = [one for one in wanted if not counts.get(one)]
    print(f"{name}: {len(wanted) - len(never)} of {len(wanted)}; never: {', '.join(never) or '-'}")
    if verbose:
        for one in wanted:
            print(f"  {counts.get(one, 0):7} {one}")
