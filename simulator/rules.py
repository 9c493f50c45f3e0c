"""What Telegram refuses, in Telegram's own words."""

from typing import Any
from urllib.parse import urlsplit

from telegram.constants import (
    CallbackQueryLimit,
    InlineKeyboardButtonLimit,
    InlineKeyboardMarkupLimit,
    MessageLimit,
)

Json = dict[str, Any]

MAX_TEXT = int(MessageLimit.MAX_TEXT_LENGTH)
MAX_CAPTION = int(MessageLimit.CAPTION_LENGTH)
MAX_ENTITIES = int(MessageLimit.MESSAGE_ENTITIES)
MAX_ANSWER = int(CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH)
MAX_DATA = int(InlineKeyboardButtonLimit.MAX_CALLBACK_DATA)
MAX_BUTTONS = int(InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)
MAX_PER_ROW = int(InlineKeyboardMarkupLimit.BUTTONS_PER_ROW)
MAX_PLACEHOLDER = 64

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
BUTTON_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


class ApiError(Exception):
    """A refused request: the answer Telegram would give."""

    def __init__(self, description: str, code: int = 400, **parameters: int) -> None:
        super().__init__(description)
        self.description = description
        self.code = code
        self.parameters = parameters


def bad(reason: str, **parameters: int) -> ApiError:
    """The usual refusal: 400 with its prefix."""
    return ApiError(f"Bad Request: {reason}", 400, **parameters)


def forbidden(reason: str) -> ApiError:
    """The refusal for chats the bot may no longer write to."""
    return ApiError(f"Forbidden: {reason}", 403)


def conflict(reason: str) -> ApiError:
    """The refusal for a second way of fetching updates."""
    return ApiError(f"Conflict: {reason}", 409)


def units(text: str) -> int:
    """Length in UTF-16 code units, the way Telegram counts offsets."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_text(text: str) -> None:
    """Refuse an empty or over-long message text (after its entities were parsed)."""
    if not text:
        raise bad("message text is empty")
    if units(text) > MAX_TEXT:
        raise bad("message is too long")


def check_caption(caption: str) -> None:
    """Refuse an over-long caption."""
    if units(caption) > MAX_CAPTION:
        raise bad("message caption is too long")


def check_markup(markup: Any) -> Json:
    """Check a reply markup of any of the four kinds and return it as the message carries it."""
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup:
        return {"inline_keyboard": _inline_rows(markup["inline_keyboard"])}
    if "keyboard" in markup:
        return {**markup, "keyboard": _reply_rows(markup["keyboard"], markup)}
    if markup.get("remove_keyboard") is True or markup.get("force_reply") is True:
        return markup
    if not markup:
        return {}
    raise bad("can't parse reply keyboard markup: unknown reply markup type")


def _rows(rows: Any, field: str) -> list[list[Any]]:
    if not isinstance(rows, list):
        raise bad(f'field "{field}" must be of type Array')
    if any(not isinstance(row, list) for row in rows):
        raise bad("can't parse keyboard: row must be an Array")
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad("reply markup is too long")
    return [row for row in rows if row]


def _inline_rows(rows: Any) -> list[list[Json]]:
    checked = _rows(rows, "inline_keyboard")
    # Clients cannot show more than eight in a row; a silent cut would hide a lost button.
    if any(len(row) > MAX_PER_ROW for row in checked):
        raise bad("reply markup is too long")
    return [[_inline_button(button) for button in row] for row in checked]


def _inline_button(button: Any) -> Json:
    prefix = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise bad(prefix + "InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise bad(prefix + 'Can\'t find field "text"')
    if not button["text"].strip():
        raise bad(prefix + "button text must be non-empty")
    actions = [name for name in BUTTON_ACTIONS if name in button]
    if not actions:
        raise bad(prefix + "Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad(prefix + f"exactly one action is expected, found {' and '.join(actions)}")
    if actions[0] == "callback_data":
        check_data(button["callback_data"])
    elif actions[0] == "url":
        _check_url(button["url"])
    return button


def check_data(data: Any) -> None:
    """Refuse callback data that is empty or longer than 64 bytes."""
    if not isinstance(data, str) or not 0 < len(data.encode()) <= MAX_DATA:
        raise bad("BUTTON_DATA_INVALID")


def _check_url(url: Any) -> None:
    prefix = f"inline keyboard button URL '{url}' is invalid: "
    if not isinstance(url, str) or not url:
        raise bad(prefix + "URL host is empty")
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https", "tg", "ton", "tonsite"):
        raise bad(prefix + "Unsupported URL protocol")
    if not parts.netloc and parts.scheme != "tg":
        raise bad(prefix + "URL host is empty")
    if parts.scheme in ("http", "https") and "." not in parts.netloc:
        raise bad(prefix + "Wrong HTTP URL")


def _reply_rows(rows: Any, markup: Json) -> list[list[Json]]:
    if units(str(markup.get("input_field_placeholder", ""))) > MAX_PLACEHOLDER:
        raise bad("reply markup placeholder is too long")
    return [[_reply_button(button) for button in row] for row in _rows(rows, "keyboard")]


def _reply_button(button: Any) -> Json:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad("can't parse keyboard button: KeyboardButton must be a String or an Object")
    if not button["text"].strip():
        raise bad("can't parse keyboard button: button text must be non-empty")
    return button
