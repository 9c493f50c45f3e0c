"""Who does what in the pictures of the staff guide: one scene per page of docs/panduan/."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pictures import Phone

from jobs.demo_data import _picture

People = Callable[[int], Phone]
SITI, DARMO, BUDI, ANI, HEAD, CLERK, PLANNER, ADMIN = 301, 302, 501, 502, 550, 700, 800, 900


def assisted(people: People) -> None:
    """Filing for a resident without Telegram, and the poster."""
    head = people(HEAD)
    head.says("/bantu")
    head.shows("bantu-mulai")
    head.taps("assisted.button.complaint")
    head.shows("bantu-setuju")
    head.taps("assisted.choice.yes")
    head.says("Bu Minah")
    head.taps("complaint.kind.choice.blocked")
    head.taps("form.choice.rt", number="05")
    head.says("belakang langgar")
    head.says("Parit mampet, air masuk dapur kalau hujan.")
    head.sends_photo(_picture())
    head.taps("form.button.continue")
    head.shows("bantu-ringkasan")


SCENES: dict[str, Callable[[People], None]] = {"assisted": assisted}
