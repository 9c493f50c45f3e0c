"""Files of ours that wait to be sent: made by the slow work, gone once they are sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = "exports"  # below the media folder
KEEP = timedelta(days=1)  # what could not be sent by then goes all the same
NAME = re.compile(r"^\d+(\.\w+){0,2}\.(csv|json|pdf|png|ics|part)$")


def below(folder: Path, name: str) -> Path:
    """The file of that name, which must lie in the folder for exports.

    Raises:
        ValueError: it lies elsewhere.
    """
    path = folder / name
    if not NAME.match(path.name) or path.resolve().parent != (folder / FOLDER).resolve():
        raise ValueError("a file outside of the folder for exports")
    return path


class Uploads:
    """The files that the sender sends."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the media folder."""
        self.folder = folder
        self._of: dict[int, list[str]] = {}  # names by outbox row

    def note(self, row_id: int, params: dict[str, Any]) -> None:
        """A message has left; its files are needed until that is committed."""
        names = [value["upload"] for value in params.values() if is_upload(value)]
        if names:
            self._of[row_id] = names

    def remove(self, row_ids: Iterable[int]) -> None:
        """These messages are committed as sent: their files go."""
        for row_id in row_ids:
            for name in self._of.pop(row_id, ()):
                below(self.folder, name).unlink(missing_ok=True)


def is_upload(value: Any) -> bool:
    """Whether a parameter of a call stands for a file of ours."""
    return isinstance(value, dict) and set(value) == {"upload", "name"}


def tidy(folder: Path, now: datetime) -> None:
    """Remove what was left in the folder for exports more than a day ago, and nothing else."""
    exports = folder / FOLDER
    for path in exports.iterdir() if exports.is_dir() else ():
        is_ours = NAME.match(path.name) and path.is_file() and not path.is_symlink()
        with suppress(FileNotFoundError):  # the sender sent it just now
            if is_ours and path.stat().st_mtime < (now - KEEP).timestamp():
                path.unlink()
