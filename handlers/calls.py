"""Finished Bot API calls: their parameters as JSON takes them."""

from __future__ import annotations

from typing import Any


def text_call(chat_id: int, html: str, markup: dict[str, Any] | None) -> dict[str, Any]:
    """Parameters of a message in Telegram HTML, without a preview of its links."""
    params: dict[str, Any] = {
        "chat_id": chat_id,
        "text": html,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    return params if markup is None else {**params, "reply_markup": markup}


def media_call(
    chat_id: int, kind: str, file_id: str, caption: str, markup: dict[str, Any] | None
) -> tuple[str, dict[str, Any]]:
    """Method and parameters of a photo, file or voice note that Telegram knows."""
    params: dict[str, Any] = {"chat_id": chat_id, kind: file_id}
    if caption:
        params |= {"caption": caption, "parse_mode": "HTML"}
    if markup is not None:
        params["reply_markup"] = markup
    return f"send{kind.capitalize()}", params
