"""Runs the bot without its pauses: `python -m bench.hasty ID,ID AHEAD REACHED run --config …`.

The limits per chat are lifted, an album is answered after a moment, a failed update is tried
again at once, and the clock ticks all the time, on the time that the file AHEAD says (see
`travelling.py`). Only the people with these Telegram ids are held to the limit of messages. At
the end the file REACHED holds how often each route did something; an old button is nothing.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from telegram import Update

import bot
from bench.travelling import follow
from handlers import unit
from handlers.routes import Handler, Route, Trigger
from jobs import clock, dispatch, pace, runtime, sender, tasks, worker

MOMENT = timedelta(milliseconds=30)
LIFTED = 0.0001  # seconds
TICK_SECONDS = 1.0
OLD = "form.old_button"


def main() -> int:
    """Run the bot as its own command line does, in haste."""
    limited = {int(number) for number in sys.argv[1].split(",")}
    file, reached = Path(sys.argv[2]), Path(sys.argv[3])
    pace.CHAT_SECONDS = pace.GROUP_SECONDS = LIFTED
    unit.ALBUM_PAUSE = MOMENT
    worker.RETRY_AFTER = (MOMENT, MOMENT, MOMENT)
    sender.IDLE_SECONDS = worker.IDLE_SECONDS = tasks.IDLE_SECONDS = MOMENT.total_seconds()
    clock.DUE_SECONDS = TICK_SECONDS
    floods = dispatch._floods

    def floods_too(one: unit.Unit, *rest: Any) -> bool:
        return (one.actor.telegram_id in limited or not one.private) and floods(one, *rest)

    dispatch._floods = floods_too
    counts = count_routes()
    ahead = float(file.read_text())
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True) as traveller:
        threading.Thread(target=follow, args=(file, ahead, traveller), daemon=True).start()
        status = bot.main(sys.argv[4:])
    reached.write_text(json.dumps(counts))
    return status


def key_of(route: Route) -> str:
    """How a route is called in the report."""
    return f"{route.trigger.value} {route.name}".strip()


def count_routes() -> Counter[str]:
    """From now on each route counts what it does; gives the counts."""
    counts: Counter[str] = Counter()
    old: list[bool] = []  # of the unit at work: units come one after the other
    notice = unit.Unit.notice

    def noticed(one: unit.Unit, key: str, **values: Any) -> None:
        old.append(key == OLD)
        notice(one, key, **values)

    def counted(route: Route) -> Handler:
        def handler(one: unit.Unit, update: Update) -> None:
            old.clear()
            route.handler(one, update)
            is_old = route.trigger is Trigger.TAP and any(old)
            counts[key_of(route)] += not is_old

        return handler

    unit.Unit.notice = noticed  # type: ignore[method-assign]
    runtime.ROUTES = tuple(replace(one, handler=counted(one)) for one in runtime.ROUTES)
    return counts


if __name__ == "__main__":
    sys.exit(main())
