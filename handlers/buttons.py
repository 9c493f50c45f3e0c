"""Inline buttons: answered by a tap, opening an address, copying a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from content.phrases import Phrases

CALLBACK_BYTES = 64  # Bot API, InlineKeyboardButton.callback_data


@dataclass(frozen=True)
class Button:
    """A button of the bot: the phrase of its label, and where its tap leads."""

    label: str
    data: str
    values: dict[str, Any] = field(default_factory=dict)

    def as_json(self, phrases: Phrases) -> dict[str, Any]:
        """As the Bot API takes it."""
        if len(self.data.encode()) > CALLBACK_BYTES:
            raise ValueError(f"callback data too long: {self.data}")
        return {"text": phrases.plain(self.label, **self.values), "callback_data": self.data}


@dataclass(frozen=True)
class Link:
    """A button that opens an address, such as the private chat; the bot hears nothing of it."""

    label: str
    url: str
    values: dict[str, Any] = field(default_factory=dict)

    def as_json(self, phrases: Phrases) -> dict[str, Any]:
        """As the Bot API takes it."""
        return {"text": phrases.plain(self.label, **self.values), "url": self.url}


@dataclass(frozen=True)
class Copy:
    """A button that copies a text, such as a link, on the person's own device."""

    label: str
    text: str  # at most 256 characters; Bot API, CopyTextButton
    values: dict[str, Any] = field(default_factory=dict)

    def as_json(self, phrases: Phrases) -> dict[str, Any]:
        """As the Bot API takes it."""
        label = phrases.plain(self.label, **self.values)
        return {"text": label, "copy_text": {"text": self.text}}


Buttons = Sequence[Sequence[Button | Link | Copy]]


def in_rows(buttons: Sequence[Button], columns: int) -> list[list[Button]]:
    """Buttons in rows of so many."""
    return [list(buttons[i : i + columns]) for i in range(0, len(buttons), columns)]


def turning(
    page: int,
    has_more: bool,
    data: Callable[[int], str],
    *,
    before: str = "desk.button.before",
    after: str = "desk.button.after",
) -> list[list[Button]]:
    """The row of buttons to the page before and after; no row where there is neither.

    `data` says where a page number leads, `before` and `after` are phrases.
    """
    row = [Button(before, data(page - 1))] if page > 0 else []
    if has_more:
        row.append(Button(after, data(page + 1)))
    return [row] if row else []
