"""The demo as a person meets it: one command, a page in a real browser, a complaint, its row."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import picture, seen
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from content import phrases

ROOT = Path(__file__).parent.parent
SITI, ADMIN = 301, 900
NEWCOMER = 700_000_001  # the first person whom a page adds
PLACE = ("-1.591250", "103.612340")
WORDS = "Parit mampet <ranting> & plastik"
SECONDS = 10  # the bot keeps to one message a second in a chat, so some answers take a while
BROWSERS = ("chromium", "google-chrome")
INSTALL = "sudo apt-get install chromium chromium-driver"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)
TEXTS = "return Array.from(document.querySelectorAll(arguments[0]), (one) => one.innerText)"
TICKET = re.compile(r"DRN-\d{4}-\d{4}")
PHRASES = phrases.load()


def plain(text: str) -> str:
    """Text without its line breaks."""
    return " ".join(text.split())


class Chat:
    """One chat on the page: what is in it, and the buttons a person finds there."""

    def __init__(self, driver: WebDriver, person: int) -> None:
        self._driver = driver
        self._css = f'[data-testid="chat-{person}"] '

    def waits_for(self, found: Callable[[], Any]) -> Any:
        """Wait until something is found."""
        passing = (StaleElementReferenceException, ElementClickInterceptedException)
        wait = WebDriverWait(self._driver, SECONDS, 0.05, ignored_exceptions=passing)
        try:
            return wait.until(lambda _: found())
        except TimeoutException:
            pytest.fail(f"not within {SECONDS} s; the chat ends with {self.messages()[-2:]}")

    def one(self, testid: str, label: str = "", *, anywhere: bool = False) -> WebElement | None:
        """The newest visible element of that name, and with that label if one is given."""
        css = f'{"" if anywhere else self._css}[data-testid="{testid}"]'
        shown = [e for e in self._driver.find_elements(By.CSS_SELECTOR, css) if e.is_displayed()]
        fitting = [e for e in shown if not label or plain(e.text) == label]
        return fitting[-1] if fitting else None

    def presses(self, testid: str, label: str = "", *, anywhere: bool = False) -> None:
        """Click as soon as it is there."""

        def click() -> bool:
            button = self.one(testid, label, anywhere=anywhere)
            if button is not None:
                button.click()
            return button is not None

        self.waits_for(click)

    def taps(self, key: str, **values: Any) -> None:
        """Tap the newest inline button with the phrase of that key."""
        self.presses("inline-button", PHRASES.plain(key, **values))

    def types(self, testid: str, text: str, *, anywhere: bool = False) -> None:
        """Replace what stands in a field."""
        field = self.waits_for(lambda: self.one(testid, anywhere=anywhere))
        field.clear()
        field.send_keys(text)

    def attaches(self, path: Path) -> None:
        """Choose a picture, as the dialog of the operating system would."""
        css = f'{self._css}[data-testid="file-photo"]'
        self._driver.find_element(By.CSS_SELECTOR, css).send_keys(str(path))

    def messages(self) -> list[str]:
        """Texts of all bubbles, in order."""
        css = f'{self._css}[data-testid="message"] .bubble'
        # In one step: the page may replace its bubbles between two.
        return [plain(text) for text in self._driver.execute_script(TEXTS, css)]

    def sees(self, key: str, **values: Any) -> None:
        """Wait until a bubble says the phrase of that key."""
        wanted = plain(seen(PHRASES.text(key, **values)))
        self.waits_for(lambda: any(wanted in text for text in self.messages()))

    def sees_ticket(self) -> str:
        """Wait for a complaint's number in the newest bubble."""
        return str(self.waits_for(lambda: TICKET.search(self.messages()[-1]))[0])

    def newest_photo_is_drawn(self) -> bool:
        """Whether the newest picture has arrived from the server."""
        css = f"{self._css}.photo img"
        image = self._driver.find_elements(By.CSS_SELECTOR, css)[-1]
        return bool(self._driver.execute_script("return arguments[0].naturalWidth", image))


@pytest.fixture(scope="module")
def programs() -> tuple[str, str]:
    """Where the browser and its driver are."""
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    server = shutil.which("chromedriver")
    if binary is None or server is None:
        missing = f"no browser to open the page with; install one: {INSTALL}"
        (pytest.fail if "CI" in os.environ else pytest.skip)(missing)
    return binary, server


@pytest.fixture
def browser(programs: tuple[str, str], tmp_path: Path) -> Iterator[WebDriver]:
    """A browser without a window; nothing may go wrong in the page's scripts."""
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'browser'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, Service(programs[1]))
    try:
        yield driver
        assert driver.get_log("browser") == []
    finally:
        driver.quit()


@contextmanager
def running(*arguments: str, says: str) -> Iterator[str]:
    """A program of ours in a process of its own until Ctrl+C; gives the address it prints."""
    # A terminal shows a line at once; a pipe does so only when it is asked to.
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        addresses = (re.search(says + r"(http://\S+)", line) for line in process.stdout)
        found = next(filter(None, addresses), None)
        assert found is not None, f"the program ended with status {process.wait()}"
        yield found[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=15) == 0
    finally:
        process.kill()
        process.communicate()


def export(folder: Path) -> list[dict[str, str]]:
    """Complaints as the planner gets them from the demo's database."""
    target = folder / "laporan.csv"
    config = folder / "config.toml"
    arguments = ["export", "complaints", "--format", "csv", "--config", config, "--out", target]
    subprocess.run(
        [sys.executable, "bot.py", *map(str, arguments)], cwd=ROOT, check=True, timeout=30
    )
    with target.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def starts(siti: Chat) -> None:
    """First contact: Mulai, consent, RT."""
    siti.presses("start")
    siti.taps("consent.button.yes")
    siti.taps("form.choice.rt", number="03")
    siti.sees("home.thanks.rt", rt="03")


def chooses_place(siti: Chat) -> None:
    """The keyboard's button opens the location dialog; a click moves the point, typing too."""
    siti.presses("keyboard-button", PHRASES.plain("menu.location"))
    siti.presses("location-grid", anywhere=True)
    for field, value in zip(("location-lat", "location-lon"), PLACE, strict=True):
        siti.types(field, value, anywhere=True)
    siti.presses("location-ok", anywhere=True)


def fills_in(siti: Chat, photo: Path) -> None:
    """The complaint form up to its summary: kind, place, words, photo."""
    siti.presses("keyboard-button", PHRASES.plain("menu.complaint"))
    siti.taps("complaint.kind.choice.blocked")
    siti.sees("complaint.place.question")
    chooses_place(siti)
    siti.sees("complaint.description.question")
    siti.types("input", WORDS)
    siti.presses("send")
    siti.sees("complaint.photos.question")
    siti.attaches(photo)
    siti.presses("preview-send", anywhere=True)
    siti.taps("form.button.continue")
    siti.sees("complaint.summary")


@pytest.fixture
def demo(programs: tuple[str, str], tmp_path: Path) -> Iterator[str]:
    """`bot.py demo`; gives the address of its page."""
    folder = str(tmp_path / "demo")
    with running("bot.py", "demo", "--port", "0", "--folder", folder, says="Open ") as address:
        yield address


def test_a_complaint_filed_on_the_page(demo: str, browser: WebDriver, tmp_path: Path) -> None:
    """From Mulai to the number, beside it the admin's card, and the row in the spreadsheet."""
    photo = tmp_path / "parit.png"
    photo.write_bytes(picture())
    browser.get(demo)
    siti, admin = Chat(browser, SITI), Chat(browser, ADMIN)

    starts(siti)
    fills_in(siti, photo)
    siti.taps("form.button.send")

    number = siti.sees_ticket()
    siti.sees("complaint.filed", number=number)
    admin.waits_for(lambda: any(number in text for text in admin.messages()))
    assert WORDS in admin.messages()[-1]
    admin.waits_for(admin.newest_photo_is_drawn)
    row = next(
        r for r in export(tmp_path / "demo") if r[PHRASES.plain("export.column.number")] == number
    )
    wanted = {
        "kind": PHRASES.plain("complaint.kind.choice.blocked"),
        "description": WORDS,
        "latitude": str(float(PLACE[0])),
        "longitude": str(float(PLACE[1])),
        "photos": "1",
    }
    assert {key: row[PHRASES.plain(f"export.column.{key}")] for key in wanted} == wanted


def test_an_empty_page_and_one_whose_server_began_anew(browser: WebDriver) -> None:
    """Without people the page says so; after a restart it forgets whom it knew, by itself."""
    newcomer = Chat(browser, NEWCOMER)
    with running("-m", "simulator", "--port", "0", says="") as address:
        browser.get(address)
        newcomer.waits_for(lambda: newcomer.one("nobody", anywhere=True))
        newcomer.presses("add-person", anywhere=True)
        newcomer.types("new-person-name", "Tono", anywhere=True)
        newcomer.presses("new-person-ok", anywhere=True)
        introduced = newcomer.waits_for(lambda: newcomer.one("who-am-i"))
        assert "Tono" in introduced.text
        newcomer.presses("start")
        newcomer.waits_for(lambda: newcomer.messages())
    port = address.rpartition(":")[2]
    with running("-m", "simulator", "--port", port, says=""):
        newcomer.waits_for(lambda: newcomer.one("nobody", anywhere=True))
        assert newcomer.messages() == []
        browser.get("about:blank")
    # While the server was away the browser said so; nothing else may have gone wrong.
    assert {line["source"] for line in browser.get_log("browser")} <= {"network"}
