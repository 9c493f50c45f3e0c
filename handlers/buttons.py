"""Inline buttons: one that is answered by a tap, one that opens an address."""

from __future__ import annotations

from collections.abc import Sequence
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


Buttons = Sequence[Sequence[Button | Link]]
