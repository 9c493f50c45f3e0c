"""How failures are told: kind and place, never the words of a person, never the token."""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path

TOKEN = re.compile(r"\d{5,}:[\w-]{10,}")
ROOT = Path(__file__).resolve().parent.parent


class Stop(Exception):
    """The process cannot go on; the message is one sentence for the operator."""


def describe(error: BaseException) -> str:
    """Kind and place of a failure: "KeyError at handlers/forms.py:120"."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename)] or list(frames)
    if not own:
        return type(error).__name__
    path = Path(own[-1].filename)
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
    return f"{type(error).__name__} at {name}:{own[-1].lineno}"


def _is_own(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


class WithoutToken(logging.Filter):
    """Removes anything that looks like a bot token from every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's text; always lets it pass."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" ({describe(record.exc_info[1])})"
            record.exc_info = None
        record.msg, record.args = TOKEN.sub("<token>", text), None
        return True


def set_up_logging(level: int = logging.INFO) -> None:
    """Log to standard error, one line a record, without tokens and tracebacks."""
    handler = logging.StreamHandler()
    handler.addFilter(WithoutToken())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("telegram", "httpx", "httpcore", "aiohttp.access", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
