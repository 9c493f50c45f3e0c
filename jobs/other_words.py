"""A call in another form, where Telegram does not take it as it is."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any

from storage.outbox_claims import Claimed
from storage.outbox_words import COVER, REVISION

IN_PLACE = (COVER, REVISION)  # keys of what changes a message, or is not done at all
TOO_LATE, NO_MESSAGE = "too late", "no message"


def lost_its_target(row: Claimed) -> bool:
    """An edit of a message that was never sent."""
    return row.method.startswith("editMessage") and "message_id" not in row.params


def pointless(row: Claimed, now: datetime) -> str | None:
    """Why a call is not made any more: its time is over, or what it changes was never sent."""
    if row.not_after is not None and now >= row.not_after:
        return TOO_LATE
    revises = (row.key or "").startswith(REVISION)
    return NO_MESSAGE if revises and "message_id" not in row.params else None


def as_new_message(row: Claimed) -> tuple[str, dict[str, Any]]:
    """An edit that cannot be made, as a message of its own."""
    params = {k: v for k, v in row.params.items() if k != "message_id"}
    if row.method == "editMessageCaption":
        params["text"] = params.pop("caption", "")
    return "sendMessage", params


def as_plain(params: dict[str, Any]) -> dict[str, Any]:
    """The same text without markup."""
    plain = {k: v for k, v in params.items() if k != "parse_mode"}
    for name in ("text", "caption"):
        if name in plain:
            plain[name] = unescape(re.sub(r"<[^>]*>", "", plain[name]))
    return plain
