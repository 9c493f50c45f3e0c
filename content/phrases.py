"""Short phrases: `content/<language>/ui.po`, symbolic keys, Telegram HTML, no compile step."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.pofile import PoFileError, read_po

CONTENT = Path(__file__).parent
TAGS = {"b", "i", "u", "s", "a", "code", "pre", "blockquote"}  # Bot API, "HTML style"
MAX_TEXT = 4096  # UTF-16 units, Bot API sendMessage
MAX_LABEL = 24  # characters: what a small phone shows of a button
LABELS = re.compile(r"(^|\.)(button|menu|choice|short)\.")


class ContentError(Exception):
    """Content that cannot be used; `mistakes` holds one sentence per place."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Html(str):
    """Text that is Telegram HTML already and is not escaped again."""


class Phrases:
    """The phrases of one language by key."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def text(self, key: str, **values: Any) -> str:
        """A phrase as Telegram HTML; values are escaped unless they are `Html`.

        Raises:
            KeyError: no such phrase, or a placeholder without value.
        """
        escaped = {
            name: value if isinstance(value, Html) else html.escape(str(value), quote=False)
            for name, value in values.items()
        }
        return self._texts[key].format_map(escaped)

    def plain(self, key: str, **values: Any) -> str:
        """A phrase without markup: labels, notices, descriptions."""
        return self._texts[key].format_map(values)

    def html(self, key: str, **values: Any) -> Html:
        """A phrase to be put into another phrase."""
        return Html(self.text(key, **values))

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def keys(self, prefix: str = "") -> Iterable[str]:
        """Keys that begin with `prefix`, in the order of the file."""
        return (key for key in self._texts if key.startswith(prefix))


def load(language: str = "id") -> Phrases:
    """Read the phrases of a language.

    Raises:
        ContentError: naming every phrase that Telegram could not show.
    """
    path = CONTENT / language / "ui.po"
    try:
        with path.open("rb") as file:
            catalog = read_po(file, abort_invalid=True)
    except (OSError, PoFileError, ValueError) as error:
        raise ContentError([f"{path}: {error}"]) from None
    texts: dict[str, str] = {}
    mistakes: list[str] = []
    for message in catalog:
        if not message.id:
            continue
        key, text = str(message.id), str(message.string)
        texts[key] = text
        line = message.lineno or 0
        allowed = placeholders(" ".join(message.auto_comments))
        found = problems(key, text, allowed)
        mistakes += [f"{path}:{line}: {key}: {problem}" for problem in found]
    if mistakes:
        raise ContentError(mistakes)
    return Phrases(texts)


def problems(key: str, text: str, allowed: set[str]) -> list[str]:
    """What is wrong with one phrase, in words for the person who edits it.

    `allowed` are the placeholders that the bot fills in, named in the comment above the phrase.
    """
    found = []
    if not text.strip():
        return ["is empty"]
    if LABELS.search(key) and len(text) > MAX_LABEL:
        found.append(f"is {len(text)} characters long, a button shows {MAX_LABEL}")
    if utf16_length(text) > MAX_TEXT:
        found.append(f"is longer than {MAX_TEXT} characters")
    try:
        unknown = placeholders(text) - allowed
    except ValueError as error:
        return [*found, f"has a broken placeholder: {error}"]
    found += [f"{{{name}}} is not filled in by the bot" for name in sorted(unknown)]
    return found + _Markup.check(text)


def plain(markup: str) -> str:
    """Telegram HTML as a person reads it."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def placeholders(text: str) -> set[str]:
    """Names of the placeholders in a phrase."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def utf16_length(text: str) -> int:
    """Length as Telegram counts it: UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def shortened(text: str, most: int) -> str:
    """Text of at most `most` UTF-16 units, with a sign where something is missing."""
    if utf16_length(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: 2 * (most - 1)]
    return kept.decode("utf-16-le", "ignore") + "…"


class _Markup(HTMLParser):
    """Checks that tags are Telegram's and are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[str] = []

    @classmethod
    def check(cls, text: str) -> list[str]:
        parser = cls()
        parser.feed(text)
        parser.close()
        return parser.found + [f"<{tag}> is not closed" for tag in parser.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"<{tag}> is not a tag that Telegram shows")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.found.append(f"</{tag}> closes nothing")
