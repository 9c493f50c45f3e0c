"""A pressed or typed inline button, and what its message showed when it was pressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from content.phrases import plain

LONGEST_NUMBER = 15  # digits: fits 64 bits, and any Telegram id
MAX_PAGE = 10_000


def number_in(text: str) -> int | None:
    """A number that a button carries; None for anything else."""
    plain_digits = text.isascii() and text.isdecimal()
    return int(text) if plain_digits and len(text) <= LONGEST_NUMBER else None


def page_in(text: str) -> int:
    """The page that a button turns to; the first for anything that is none."""
    return min(number_in(text) or 0, MAX_PAGE)


@dataclass(frozen=True)
class Tap:
    """A pressed inline button, or one whose words were typed."""

    query_id: str | None  # None where it was typed: there is nothing to answer
    data: str
    message_id: int | None  # None where Telegram no longer shows the message
    is_text: bool  # only a text message can be edited into another text
    text: str = ""  # what the message showed when it was tapped, and its inline keyboard
    keyboard: tuple[tuple[str, ...], ...] = ()  # callback data by row
    words: str = ""  # what was typed instead

    def shows(self, params: dict[str, Any]) -> bool:
        """Whether the message shows already what a call would make of it."""
        rows = params.get("reply_markup", {}).get("inline_keyboard", ())
        keyboard = tuple(tuple(str(b.get("callback_data")) for b in row) for row in rows)
        text = params["text"] if "entities" in params else plain(params["text"])
        return self.text == text.strip() and self.keyboard == keyboard
