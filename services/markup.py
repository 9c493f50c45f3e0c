"""Telegram HTML made of what a person wrote: only tags and links that are known to be harmless."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

from content.phrases import utf16_length

TAGS = frozenset({"b", "i", "u", "s", "code", "pre", "blockquote"})
LINKS = ("http://", "https://", "tg://")
SPOILER = '<span class="tg-spoiler">'


def clean(html: str) -> str:
    """The same words with the known tags only, every one of them closed; nothing else passes."""
    cleaner = _Cleaner()
    cleaner.feed(html)
    cleaner.close()
    cleaner.close_down_to(0)
    return "".join(cleaner.out).strip()


def visible_length(html: str) -> int:
    """How long Telegram finds a text: UTF-16 units of what is seen, tags not counted."""
    return utf16_length(visible(html))


def visible(html: str) -> str:
    """The words without their tags."""
    cleaner = _Cleaner()
    cleaner.feed(html)
    cleaner.close()
    return "".join(cleaner.words)


class _Cleaner(HTMLParser):
    """Writes down anew what it reads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        opening = _opening(tag, dict(attrs))
        if opening is not None:
            self.out.append(opening)
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self.close_down_to(len(self._open) - 1 - self._open[::-1].index(tag))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        self.out.append(escape(data, quote=False))

    def close_down_to(self, depth: int) -> None:
        """Close tags until so many are open."""
        while len(self._open) > depth:
            self.out.append(f"</{self._open.pop()}>")


def _opening(tag: str, attributes: dict[str, str | None]) -> str | None:
    """The tag as Telegram takes it; None if it is dropped and only its words stay."""
    if tag == "blockquote" and "expandable" in attributes:
        return "<blockquote expandable>"
    if tag in TAGS:
        return f"<{tag}>"
    if tag == "span" and attributes.get("class") == "tg-spoiler":
        return SPOILER
    link = attributes.get("href") or ""
    if tag == "a" and link.lower().startswith(LINKS):
        return f'<a href="{escape(link, quote=True)}">'
    return None
