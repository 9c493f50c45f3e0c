"""Inline buttons: the phrase of a label, and where a tap leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from content.phrases import Phrases

CALLBACK_BYTES = 64  # Bot API, InlineKeyboardButton.callback_data


@dataclass(frozen=True)
class Button:
    """An inline button: the phrase of its label, and where its tap leads."""

    label: str
    data: str
    values: dict[str, Any] = field(default_factory=dict)

    def as_json(self, phrases: Phrases) -> dict[str, Any]:
        """As the Bot API takes it."""
        if len(self.data.encode()) > CALLBACK_BYTES:
            raise ValueError(f"callback data too long: {self.data}")
        return {"text": phrases.plain(self.label, **self.values), "callback_data": self.data}


Buttons = Sequence[Sequence[Button]]
