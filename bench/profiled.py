"""Runs the bot under a sampling profiler: where the CPU time of its threads goes.

A sampler looks at the stack of every thread each millisecond and books the CPU time that the
thread used since the last look on that stack. C code counts for the Python line that called it.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import bot
from bench.processes import ROOT

INTERVAL = 0.001


class Sampler(threading.Thread):
    """Counts CPU seconds per stack, for every other thread."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="sampler")
        self.stacks: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._cpu: dict[int, float] = {}

    def run(self) -> None:
        """Sample until the process ends."""
        while True:
            time.sleep(INTERVAL)
            frames = sys._current_frames()
            for thread in threading.enumerate():
                if thread is not self and thread.ident in frames:
                    self._book(thread, frames[thread.ident])

    def _book(self, thread: threading.Thread, frame: FrameType) -> None:
        assert thread.ident is not None
        try:
            now = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
        except OSError:  # the thread ended meanwhile
            return
        used = now - self._cpu.get(thread.ident, now)
        self._cpu[thread.ident] = now
        if used > 0:
            self.stacks[_family(thread.name), tuple(_names(frame))] += used  # type: ignore[assignment]


def _family(name: str) -> str:
    return name if name == "MainThread" or name.startswith("reader") else "writer and others"


def _names(frame: FrameType | None) -> list[str]:
    """The stack as "file:function", innermost first."""
    names = []
    while frame is not None:
        code = frame.f_code
        names.append(f"{_short(code.co_filename)}:{code.co_qualname}")
        frame = frame.f_back
    return names


def _short(filename: str) -> str:
    for root in (f"{ROOT}/", "site-packages/", "python3.11/", "lib/"):
        if root in filename and (root != f"{ROOT}/" or "site-packages" not in filename):
            return filename.rpartition(root)[2]
    return filename


def main() -> int:
    """`python -m bench.profiled OUT run --config FILE`."""
    out = Path(sys.argv[1])
    sys.setswitchinterval(INTERVAL / 2)
    sampler = Sampler()
    sampler.start()
    signal.signal(signal.SIGUSR1, lambda *_: sampler.stacks.clear())  # the warm-up is over
    try:
        return bot.main(sys.argv[2:])
    finally:
        rows: list[Any] = [
            [thread, stack, used] for (thread, stack), used in list(sampler.stacks.items())
        ]
        out.write_text(json.dumps(rows))


if __name__ == "__main__":
    sys.exit(main())
