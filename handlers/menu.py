"""The main menu: the keyboard below the chat, with what the person may do."""

from __future__ import annotations

from typing import Any

from content.phrases import Phrases
from services.roles import Actor, Permission

ROWS = (
    ("menu.topics", "menu.message"),
    ("menu.complaint", "menu.aspiration"),
    ("menu.schedule", "menu.proposals"),
    ("menu.reports", "menu.help"),
    ("menu.location",),
)
STAFF = (
    (Permission.SEE_TICKETS, "menu.desk"),
    (Permission.ORGANISE, "menu.activities"),
    (Permission.ASSIST, "menu.assisted"),
    (Permission.ANNOUNCE, "menu.announcements"),
    (Permission.EXPORT, "menu.exports"),
    (Permission.MANAGE_ROLES, "menu.roles"),
)
IN_A_ROW = 2


def main_menu(phrases: Phrases, actor: Actor) -> dict[str, Any]:
    """The keyboard as the Bot API takes it."""
    staff = [key for needs, key in STAFF if actor.may(needs)]
    rows = [*(staff[i : i + IN_A_ROW] for i in range(0, len(staff), IN_A_ROW)), *ROWS]
    return {
        "keyboard": [[_button(phrases, key) for key in row] for row in rows],
        "resize_keyboard": True,
        "is_persistent": True,
        "input_field_placeholder": phrases.plain("menu.placeholder"),
    }


def _button(phrases: Phrases, key: str) -> dict[str, Any]:
    button: dict[str, Any] = {"text": phrases.plain(key)}
    if key == "menu.location":
        button["request_location"] = True
    return button
