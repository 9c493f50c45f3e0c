"""Pictures of the staff guide, made from the demo: `make pictures`. Needs chromium and its driver.

A demo of its own is started for each scene, people act in it over the simulator's HTTP, and what
one of them sees is photographed, as wide as a phone. `docs/scenes.py` says who does what;
`make pictures SCENES="closing letters"` makes those of some scenes only.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from content import phrases

FOLDER = ROOT / "docs" / "panduan" / "gambar"
WIDTH, HEIGHT = 390, 2400  # CSS pixels: as wide as a phone, so high that nothing must be scrolled
SHARP = 1.5  # pixels of a picture in a CSS pixel
ABOVE, BELOW = 2, 4  # CSS pixels that are left around what is shown
COLOURS = 128  # of a picture: enough for flat colours and emoji, a quarter of the size
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
ZONE = "Asia/Jakarta"  # of the demo's kelurahan
SECONDS = 20.0
BOXES = """return Array.from(document.querySelectorAll(arguments[0]), (one) => {
  const box = one.getBoundingClientRect(); return [box.top, box.bottom, one.innerText];
})"""
DRAWN = "return Array.from(document.images).every((one) => one.complete)"
SCROLLED = 0.4  # seconds until the list has scrolled to its end
CALM = 0.5  # seconds without anything new: the bot has answered
QUIET = 1.2  # the bot has said all: it says one thing a second in a chat
PHRASES = phrases.load()
Json = dict[str, Any]


class Demo:
    """The simulator of a running demo, over HTTP."""

    def __init__(self, said: Iterable[str]) -> None:
        self._said = said

    @cached_property
    def address(self) -> str:
        """Where it is; waits until the demo says so."""
        lines = (re.search(r"Open (http://\S+)", line) for line in self._said)
        found = next(filter(None, lines), None)
        if found is None:
            raise SystemExit("the demo did not start")
        return found[1].rstrip("/")

    def get(self, path: str) -> Any:
        """Read something."""
        with urllib.request.urlopen(self.address + path, timeout=SECONDS) as answer:
            return json.load(answer)

    def post(self, path: str, body: bytes, kind: str = "application/json") -> Any:
        """Do something."""
        request = urllib.request.Request(self.address + path, body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)

    def settles(self, calm: float = CALM) -> None:
        """Wait until nothing new has come for so many seconds."""
        end, seen, since = time.monotonic() + SECONDS, "", time.monotonic()
        while time.monotonic() < end:
            stats = self.get("/sim/stats")
            now = f"{stats['requests']} {stats['messages']} {stats['updates_unconfirmed']}"
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > calm and not stats["updates_unconfirmed"]:
                return
            time.sleep(0.1)


class Phone:
    """A person of the demo: says, taps, sends, and shows the screen."""

    def __init__(
        self, demo: Demo, driver: webdriver.Chrome, number: int, folder: Path = FOLDER
    ) -> None:
        self._demo = demo
        self._folder = folder
        self._driver = driver
        self.number = number

    def says(self, text: str) -> None:
        """Send words."""
        self._send("text", {"text": text})

    def sends_photo(self, content: bytes, caption: str = "") -> None:
        """Send a photo."""
        self._send("photo", {"text": caption}, content)

    def sends_file(self, content: bytes, name: str) -> None:
        """Send a file."""
        self._send("document", {"text": ""}, content, name)

    def waits_for(self, part: str, seconds: float = SECONDS) -> None:
        """Wait until a message holds that: what comes by itself, a picture or a reminder."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(part in m.get("text", m.get("caption", "")) for m in self.messages()):
                return self._demo.settles()
            time.sleep(0.5)
        raise LookupError(f"{self.number} got no message with {part!r}")

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

    def shows(self, name: str, *, saying: str = "", last: int = 1, menu: bool = False) -> None:
        """Photograph the newest messages, with the main menu below them if it is meant.

        `saying` leaves out what came after the newest message with those words.
        """
        self._demo.settles(QUIET)
        self._driver.get("about:blank")
        self._driver.get(f"{self._demo.address}/#{self.number}")
        chat = f'[data-testid="chat-{self.number}"]'
        css = f'{chat} [data-testid="message"]'
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and not self._driver.find_elements(By.CSS_SELECTOR, css):
            time.sleep(0.1)
        if not menu:
            toggle = f'{chat} [data-testid="keyboard-toggle"]'
            for button in self._driver.find_elements(By.CSS_SELECTOR, toggle):
                self._driver.execute_script("arguments[0].click()", button)
        while time.monotonic() < end and not self._driver.execute_script(DRAWN):
            time.sleep(0.1)
        time.sleep(SCROLLED)
        found = self._driver.execute_script(BOXES, css)
        until = max(place for place, (_, _, text) in enumerate(found) if saying in text) + 1
        boxes = found[max(until - last, 0) : until]
        top, bottom = boxes[0][0] - ABOVE, HEIGHT if menu else boxes[-1][1] + BELOW
        clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top, "scale": 1}
        shot = self._driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip})
        self._folder.mkdir(parents=True, exist_ok=True)
        keep(base64.b64decode(shot["data"]), self._folder / f"{name}.png")

    def _send(
        self, kind: str, fields: dict[str, str], content: bytes | None = None,
        name: str = "foto.png",
    ) -> None:  # fmt: skip
        mark, body = uuid.uuid4().hex, b""
        for field, value in {"person": str(self.number), "kind": kind, **fields}.items():
            head = f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'
            body += f"{head}{value}\r\n".encode()
        if content is not None:
            body += (
                f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n"
            ).encode() + content + b"\r\n"  # fmt: skip
        body += f"--{mark}--\r\n".encode()
        self._demo.post("/sim/send", body, f"multipart/form-data; boundary={mark}")
        self._demo.settles()

    def _tap(self, fits: Callable[[str], bool], told: str) -> None:
        end = time.monotonic() + SECONDS
        while (button := self._button(fits)) is None:
            if time.monotonic() > end:
                newest = self.messages()[-1]
                raise LookupError(f"{self.number} sees no button {told!r}, but {newest}")
            time.sleep(0.2)
        self._demo.post("/sim/tap", json.dumps({"person": self.number, **button}).encode())
        self._demo.settles()

    def _button(self, fits: Callable[[str], bool]) -> Json | None:
        """The newest button whose label fits."""
        for message in reversed(self.messages()):
            for row in (message.get("reply_markup") or {}).get("inline_keyboard", []):
                for button in row:
                    if fits(button["text"]) and "callback_data" in button:
                        data = button["callback_data"]
                        return {"message_id": message["message_id"], "data": data}
        return None


def keep(shot: bytes, path: Path) -> None:
    """Save a picture in few colours, which is small."""
    with Image.open(io.BytesIO(shot)) as picture:
        few = picture.convert("RGB").quantize(
            COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE
        )
    few.save(path, optimize=True)
    print(path.name, few.size, f"{path.stat().st_size / 1000:.0f} kB", flush=True)


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """A demo in a process of its own."""
    command = [sys.executable, "bot.py", "demo", "--port", "0", "--folder", str(folder)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        yield Demo(process.stdout)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=15)


@contextmanager
def browser(folder: Path) -> Iterator[webdriver.Chrome]:
    """A browser as large as a phone."""
    binary, server = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or server is None:
        raise SystemExit("no browser; install one: sudo apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={folder / 'browser'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, Service(server))
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": SHARP, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ZONE})
    try:
        yield driver
    finally:
        driver.quit()


def make(scenes: Iterable[Callable[[Callable[[int], Phone]], None]], folder: Path) -> None:
    """Let every scene be acted, each in a demo of its own: none depends on another."""
    for scene in scenes:
        with tempfile.TemporaryDirectory() as name:
            kept = Path(name)
            with running(kept / "demo") as demo, browser(kept) as driver:  # they start together
                scene(lambda number, d=demo, b=driver: Phone(d, b, number, folder))


def main() -> None:
    """Make all pictures, or those of the scenes that are named."""
    from scenes import SCENES

    make([SCENES[name] for name in sys.argv[1:] or SCENES], FOLDER)


if __name__ == "__main__":
    main()
