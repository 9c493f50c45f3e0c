"""Photos and voice notes of a ticket: who sees which, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.unit import Unit
from services.roles import Permission
from storage import Row, ticket_files


def files_for_resident(unit: Unit, row: Row[Any]) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """All photos of a ticket, and his own voice notes: another voice would be known again."""
    assert unit.actor.resident is not None
    me = unit.actor.resident.id
    photos = ticket_files.media(unit.db, row.id, "photo", for_others=row.reporter_id != me)
    return photos, ticket_files.media(unit.db, row.id, "voice", by=me)


def files_for_staff(unit: Unit, row: Row[Any]) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """All photos and voice notes of a ticket; an RT head sees none of what was sent in a reply."""
    limited = not unit.actor.may(Permission.HANDLE_TICKETS)
    photos = ticket_files.media(unit.db, row.id, "photo", for_others=limited)
    return photos, ticket_files.media(unit.db, row.id, "voice", for_others=limited)


def show_files(
    unit: Unit, row: Row[Any], photos: Sequence[Row[Any]], voices: Sequence[Row[Any]]
) -> None:
    """Photos and voice notes of a ticket."""
    unit.shown.clear()
    unit.shows(*ticket_files.authors(unit.db, row.id))
    show_photos(unit, photos)
    for medium in voices:
        unit.media("voice", medium.file_id)


def show_photos(unit: Unit, photos: Sequence[Row[Any]]) -> None:
    """Photos of a ticket or of gotong royong: albums, and those that were sent as files."""
    unit.album_of([medium.file_id for medium in photos if medium.kind == "photo"])
    for medium in photos:
        if medium.kind != "photo":  # Telegram shows a file only as a file
            unit.media(medium.kind, medium.file_id)


def medium_of(unit: Unit, row: Row[Any]) -> tuple[str, str] | None:
    """The photo or voice note above the card of a ticket: its kind and Telegram's file id."""
    photos, voices = files_for_staff(unit, row)
    chosen = photos if row.description and photos else voices or photos
    return (chosen[0].kind, chosen[0].file_id) if chosen else None
