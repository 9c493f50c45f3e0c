"""Runs the bot on a clock that a bench moves: `python -m bench.travelling FILE run --config …`.

The file holds how many seconds the bot's clock is ahead of the machine's. It is looked at all the
time, so that the bench can move the clock of a running bot. The limit per chat is lifted, and the
clock of the bot ticks faster: a bench has no time for real ones.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

import bot
from jobs import clock, pace

LOOK_SECONDS = 0.005
TICK_SECONDS = 0.5
CHAT_SECONDS = 0.0001


def main() -> int:
    """Run the bot as its own command line does, elsewhere in time."""
    pace.CHAT_SECONDS = CHAT_SECONDS
    clock.DUE_SECONDS = TICK_SECONDS
    file = Path(sys.argv[1])
    ahead = float(file.read_text())
    start = datetime.now(UTC) + timedelta(seconds=ahead)
    with time_machine.travel(start, tick=True) as traveller:
        follower = threading.Thread(target=follow, args=(file, ahead, traveller), daemon=True)
        follower.start()
        return bot.main(sys.argv[2:])


def follow(file: Path, ahead: float, traveller: time_machine.Traveller) -> None:
    """Move with the file, for ever."""
    pause = threading.Event()
    while True:
        pause.wait(LOOK_SECONDS)
        wanted = float(file.read_text())
        if wanted != ahead:
            traveller.shift(timedelta(seconds=wanted - ahead))
            ahead = wanted


if __name__ == "__main__":
    sys.exit(main())
