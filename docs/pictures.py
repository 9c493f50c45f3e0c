"""Pictures of the staff guide, made from the demo: `make pictures`. Needs chromium and its driver.

A demo of its own is started, people act in it over the simulator's HTTP, and what one of them sees
is photographed at the size of a phone. `docs/scenes.py` says who does what.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from content import phrases

FOLDER = ROOT / "docs" / "panduan" / "gambar"
WIDTH, HEIGHT = 390, 780  # CSS pixels of a common phone
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
SECONDS = 20.0
CALM = 0.5  # seconds without anything new: the bot has said all
PHRASES = phrases.load()
Json = dict[str, Any]


class Demo:
    """The simulator of a running demo, over HTTP."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def get(self, path: str) -> Any:
        """Read something."""
        with urllib.request.urlopen(self.address + path, timeout=SECONDS) as answer:
            return json.load(answer)

    def post(self, path: str, body: bytes, kind: str = "application/json") -> Any:
        """Do something."""
        request = urllib.request.Request(self.address + path, body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)

    def settles(self) -> None:
        """Wait until the bot has said all that it has to say."""
        end, seen, since = time.monotonic() + SECONDS, "", time.monotonic()
        while time.monotonic() < end:
            stats = self.get("/sim/stats")
            now = f"{stats['requests']} {stats['messages']} {stats['updates_unconfirmed']}"
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > CALM and not stats["updates_unconfirmed"]:
                return
            time.sleep(0.1)


class Phone:
    """A person of the demo: says, taps, sends, and shows the screen."""

    def __init__(self, demo: Demo, driver: webdriver.Chrome, number: int) -> None:
        self._demo = demo
        self._driver = driver
        self.number = number

    def says(self, text: str) -> None:
        """Send words."""
        self._send("text", {"text": text})

    def sends_photo(self, content: bytes, caption: str = "") -> None:
        """Send a photo."""
        self._send("photo", {"text": caption}, content)

    def taps(self, key: str, **values: Any) -> None:
        """Tap the newest button with that phrase, or that label."""
        label = PHRASES.plain(key, **values) if key in PHRASES else key
        self._tap(lambda text: text == label, label)

    def taps_like(self, part: str) -> None:
        """Tap the newest button whose label holds that."""
        self._tap(lambda text: part in text, part)

    def messages(self) -> list[Json]:
        """All messages of the chat."""
        found: list[Json] = self._demo.get(f"/sim/chat/{self.number}")["messages"]
        return found

    def shows(self, name: str, *, menu: bool = False) -> None:
        """Photograph the screen as it is now; the main menu is folded unless it is meant."""
        self._driver.get("about:blank")
        self._driver.get(f"{self._demo.address}/#{self.number}")
        css = f'[data-testid="chat-{self.number}"] [data-testid="message"]'
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and not self._driver.find_elements(By.CSS_SELECTOR, css):
            time.sleep(0.1)
        if not menu:
            toggle = f'[data-testid="chat-{self.number}"] [data-testid="keyboard-toggle"]'
            for button in self._driver.find_elements(By.CSS_SELECTOR, toggle):
                self._driver.execute_script("arguments[0].click()", button)
        time.sleep(1.0)  # pictures arrive, the list scrolls to its end
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._driver.save_screenshot(str(FOLDER / f"{name}.png"))
        print(name, flush=True)

    def _send(self, kind: str, fields: dict[str, str], content: bytes | None = None) -> None:
        mark, body = uuid.uuid4().hex, b""
        for name, value in {"person": str(self.number), "kind": kind, **fields}.items():
            head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
            body += f"{head}{value}\r\n".encode()
        if content is not None:
            body += (
                f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="foto.png"\r\n'
                "Content-Type: image/png\r\n\r\n"
            ).encode() + content + b"\r\n"  # fmt: skip
        body += f"--{mark}--\r\n".encode()
        self._demo.post("/sim/send", body, f"multipart/form-data; boundary={mark}")
        self._demo.settles()

    def _tap(self, fits: Callable[[str], bool], told: str) -> None:
        for message in reversed(self.messages()):
            for row in (message.get("reply_markup") or {}).get("inline_keyboard", []):
                for button in row:
                    if fits(button["text"]) and "callback_data" in button:
                        wish = {
                            "person": self.number,
                            "message_id": message["message_id"],
                            "data": button["callback_data"],
                        }
                        self._demo.post("/sim/tap", json.dumps(wish).encode())
                        return self._demo.settles()
        raise LookupError(f"{self.number} sees no button {told!r}")


@contextmanager
def _running(folder: Path) -> Iterator[Demo]:
    """A demo in a process of its own."""
    command = [sys.executable, "bot.py", "demo", "--port", "0", "--folder", str(folder)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={"PYTHONUNBUFFERED": "1"}
    )
    try:
        assert process.stdout is not None
        lines = (re.search(r"Open (http://\S+)", line) for line in process.stdout)
        found = next(filter(None, lines), None)
        if found is None:
            raise SystemExit("the demo did not start")
        yield Demo(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=15)


@contextmanager
def _browser(folder: Path) -> Iterator[webdriver.Chrome]:
    """A browser as large as a phone."""
    binary, server = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or server is None:
        raise SystemExit("no browser; install one: sudo apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={folder / 'browser'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, Service(server))
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1.5, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        yield driver
    finally:
        driver.quit()


def main() -> None:
    """Make all pictures, or those of the scenes that are named."""
    from scenes import SCENES

    wanted = sys.argv[1:] or list(SCENES)
    with tempfile.TemporaryDirectory() as folder, _browser(Path(folder)) as driver:
        for name in wanted:  # each in a demo of its own: none depends on another
            with _running(Path(folder) / name) as demo:
                SCENES[name](lambda number, demo=demo: Phone(demo, driver, number))


if __name__ == "__main__":
    main()
