"""What the monkey bench reads in a message or a file of the bot."""

from __future__ import annotations

import io
import zipfile
from typing import Any


def read(content: bytes) -> str:
    """All text in a file, also in an archive."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(
            archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
        )


def rows(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons under a message."""
    keyboard = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in keyboard for button in row]


def labels(message: dict[str, Any]) -> str:
    """What stands on them."""
    return " ".join(str(button["text"]) for button in rows(message))


def urls(message: dict[str, Any]) -> str:
    """The links that they open or copy."""
    copied = [button.get("copy_text", {}).get("text", "") for button in rows(message)]
    return " ".join([*(str(button.get("url", "")) for button in rows(message)), *copied])


def data(message: dict[str, Any]) -> list[str]:
    """What they carry."""
    return [str(button.get("callback_data", "")) for button in rows(message)]


def sort_of(data: str) -> str:
    """What a button does, whatever it does that to."""
    parts = data.split(":")
    return ":".join(part for part in parts[:1] + parts[-2 if parts[0] == "form" else 1 :]
                    if part.replace("_", "").isalpha())  # fmt: skip
