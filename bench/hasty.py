"""Runs the bot without its pauses: `python -m bench.hasty ID,ID run --config …`.

The limits per chat are lifted, an album is answered after a moment, a failed update is tried
again at once. Only the people with these Telegram ids are held to the limit of messages.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import bot
from handlers import unit
from jobs import dispatch, pace, sender, tasks, worker

MOMENT = timedelta(milliseconds=30)
LIFTED = 0.0001  # seconds


def main() -> int:
    """Run the bot as its own command line does, in haste."""
    limited = {int(number) for number in sys.argv[1].split(",")}
    pace.CHAT_SECONDS = pace.GROUP_SECONDS = LIFTED
    unit.ALBUM_PAUSE = MOMENT
    worker.RETRY_AFTER = (MOMENT, MOMENT, MOMENT)
    sender.IDLE_SECONDS = worker.IDLE_SECONDS = tasks.IDLE_SECONDS = MOMENT.total_seconds()
    floods = dispatch._floods

    def floods_too(one: unit.Unit, *rest: Any) -> bool:
        return (one.actor.telegram_id in limited or not one.private) and floods(one, *rest)

    dispatch._floods = floods_too
    return bot.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
