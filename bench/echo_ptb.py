"""The measure of python-telegram-bot: an echo bot with stock settings, which stores nothing."""

from __future__ import annotations

import sys
from typing import Any

from telegram import Update
from telegram.ext import Application, MessageHandler, filters


async def echo(update: Update, _context: Any) -> None:
    """Say the same."""
    message = update.effective_message
    assert message is not None
    assert message.text is not None
    await message.reply_text(message.text)


def main(api_url: str, token: str, at_once: int) -> None:
    """Poll until killed; `at_once` updates are handled concurrently (stock: one)."""
    builder = Application.builder().token(token).base_url(f"{api_url}/bot")
    if at_once > 1:
        builder = builder.concurrent_updates(at_once)
    application = builder.build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.run_polling()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
