"""`bot.py demo`: a simulated Telegram with a chat page, and the bot on made-up people."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from config import Settings, load
from jobs.demo_data import PEOPLE, fill, give_roles
from jobs.failures import Stop
from jobs.runtime import Runtime
from simulator import Simulator
from storage.schema import migrate

TOKEN = "123456:DEMO"  # noqa: S105 - the simulator's own, no secret
ADMIN = PEOPLE[-1][0]
CONFIG = """# Written by the demo: settings of the running demo, for exports from it.
[telegram]
token = "{token}"
api_url = "{url}"

[database]
url = "sqlite:///{folder}/bantar.db"

[media]
folder = "{folder}/media"

[quiet]
night = ""
friday = ""

[staff]
admins = [{admin}]

[[rt]]
number = "03"
households = 74

[[rt]]
number = "05"
households = 61
"""
FIRST_LINE = CONFIG.index("\n")


def serve(folder: Path, port: int) -> int:
    """Serve until stopped, with an empty database each time.

    Raises:
        Stop: the port is in use, or the folder holds something that is not a demo's.
    """
    asyncio.run(_serve(folder.absolute(), port))
    return 0


def _empty(folder: Path) -> None:
    """Make the folder new; only one that a demo wrote is ever emptied."""
    config = folder / "config.toml"
    written = config.read_text(encoding="utf-8") if config.exists() else ""
    if folder.exists() and any(folder.iterdir()) and not written.startswith(CONFIG[:FIRST_LINE]):
        raise Stop(f"{folder} is not the folder of a demo; nothing in it was touched.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


async def _serve(folder: Path, port: int) -> None:
    simulator = Simulator(token=TOKEN)
    try:
        await simulator.start(port=port)
    except OSError as error:
        raise Stop(f"port {port} is in use ({error.strerror}); try --port 8091.") from None
    try:
        _empty(folder)
        settings = _settings(folder, simulator.url)
        migrate(settings.database.url)
        for number, name, about in PEOPLE:
            simulator.person(number, name, about=about)
        runtime, ready = Runtime(settings), asyncio.Event()
        runtime.stop_on_signals()
        running = asyncio.create_task(runtime.run(ready))
        filling = asyncio.create_task(_fill_and_tell(runtime, simulator, ready, folder))
        await running
        filling.cancel()
    finally:
        await simulator.stop()


async def _fill_and_tell(
    runtime: Runtime, simulator: Simulator, ready: asyncio.Event, folder: Path
) -> None:
    await ready.wait()
    assert runtime.database is not None
    await runtime.database.write(give_roles)
    try:
        await fill(simulator)
    except TimeoutError:
        print("The made-up reports are missing: this machine is very busy.", flush=True)
    print(f"\nOpen {simulator.url} in a browser. Stop with Ctrl+C.\n", flush=True)
    print("What was reported there, as a spreadsheet:")
    print(
        f"  {Path('.venv/bin/python')} bot.py export complaints --format csv"
        f" --config {folder / 'config.toml'} --out laporan.csv\n",
        flush=True,
    )


def _settings(folder: Path, url: str) -> Settings:
    text = CONFIG.format(token=TOKEN, url=url, folder=folder, admin=ADMIN)
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return load(folder / "config.toml")
