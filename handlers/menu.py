"""The main menu: the keyboard below the chat, with what the person may do."""

from __future__ import annotations

from typing import Any

from content.phrases import Phrases
from services.roles import Actor, Permission

ROWS = (
    ("menu.topics",),
    ("menu.complaint", "menu.aspiration"),
    ("menu.reports",),
    ("menu.location", "menu.help"),
)
STAFF_ROWS = ((Permission.SEE_TICKETS, "menu.desk"),)


def main_menu(phrases: Phrases, actor: Actor) -> dict[str, Any]:
    """The keyboard as the Bot API takes it."""
    keys = [*ROWS, *((key,) for needs, key in STAFF_ROWS if actor.may(needs))]
    return {
        "keyboard": [[_button(phrases, key) for key in row] for row in keys],
        "resize_keyboard": True,
        "is_persistent": True,
        "input_field_placeholder": phrases.plain("menu.placeholder"),
    }


def _button(phrases: Phrases, key: str) -> dict[str, Any]:
    button: dict[str, Any] = {"text": phrases.plain(key)}
    if key == "menu.location":
        button["request_location"] = True
    return button
