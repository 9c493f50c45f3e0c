"""The processes of a bench: bots and the simulator, what they cost, and how they end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "123456:BENCH"
SECRET = "bench-secret-0123456789"
TICKS = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 20.0
CONFIG = """[telegram]
token = "{token}"
api_url = "{api_url}"
mode = "{mode}"

[telegram.webhook]
url = "http://127.0.0.1:{port}/telegram"
secret = "{secret}"
port = {port}

[database]
url = "sqlite:///{folder}/bantar.db"

[media]
folder = "{folder}/media"

[limits]
messages_per_minute = 100000

[quiet]
night = ""
friday = ""

[staff]
admins = [{admins}]

[[rt]]
number = "01"
[[rt]]
number = "02"
[[rt]]
number = "03"
[[rt]]
number = "04"
"""


@dataclass
class Process:
    """A child process and the moment it was started."""

    child: subprocess.Popen[str]
    started: float  # wall clock

    @classmethod
    def start(
        cls, *arguments: str, log: Path | None = None, wants_output: bool = False
    ) -> Process:
        """Start a Python program in the root of the project, output into `log`."""
        out = log.open("a") if log else subprocess.DEVNULL
        started = time.time()
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE if wants_output else out,
            stderr=out,
            text=True,
        )
        return cls(child, started)

    @property
    def runs(self) -> bool:
        """Whether it is still there."""
        return self.child.poll() is None

    def cpu(self) -> float:
        """Seconds of CPU so far, user and system, all threads."""
        stat = Path(f"/proc/{self.child.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> tuple[float, float]:
        """Resident memory now and at its peak, in MB."""
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        kb = dict(line.split(":", 1) for line in status.splitlines())
        return tuple(int(kb[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]

    def kill(self) -> None:
        """SIGKILL: no goodbye of any kind."""
        self.child.kill()
        self.child.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that does not help."""
        if self.runs:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def write_config(folder: Path, api_url: str, mode: str, port: int, admin: int | None = 99) -> Path:
    """Settings of this bot in `folder`, with flood control out of the way."""
    path = folder / f"{mode}.toml"
    path.write_text(
        CONFIG.format(
            token=TOKEN, api_url=api_url, mode=mode, port=port, secret=SECRET,
            folder=folder, admins="" if admin is None else admin,
        )
    )  # fmt: skip
    return path


def migrate(config: Path) -> None:
    """Make the database."""
    command = [sys.executable, "bot.py", "migrate", "--config", str(config)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def start_bot(config: Path, log: Path, *, profile: Path | None = None) -> Process:
    """This bot, as an operator starts it; with `profile` under the sampling profiler."""
    if profile is not None:
        return Process.start(
            "-m", "bench.profiled", str(profile), "run", "--config", str(config), log=log
        )
    return Process.start("bot.py", "run", "--config", str(config), log=log)
