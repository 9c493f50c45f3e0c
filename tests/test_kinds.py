"""Every kind of message that a person can send gets a kind sentence that says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Bot, Warga, agrees, files, picture
from sqlalchemy import select

from content.phrases import load
from handlers import kinds
from handlers.announcement_view import call_of
from simulator import incoming
from storage.tables import draft, inbox, ticket, ticket_media

FILE = {"file_id": "f1", "file_unique_id": "u1", "file_size": 9}
CLIP = {**FILE, "width": 320, "height": 240, "duration": 2}
STICKER = {
    **FILE, "type": "regular", "width": 512, "height": 512, "is_animated": False,
    "is_video": False,
}  # fmt: skip
POLL = {
    "id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
    "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
    "allows_revoting": False, "members_only": False,
}  # fmt: skip
OTHERS = {  # kinds without a sentence of their own
    "sticker": {"sticker": STICKER},
    "dice": {"dice": {"emoji": "🎲", "value": 4}},
    "poll": {"poll": POLL},
    "game": {"game": {"title": "Ular", "description": "x", "photo": []}},
    "story": {"story": {"chat": {"id": 301, "type": "private", "first_name": "Siti"}, "id": 7}},
    "giveaway": {"giveaway": {"chats": [], "winners_selection_date": 2000000000,
                              "winner_count": 1}},
    "paid media": {"paid_media": {"star_count": 5, "paid_media": []}},
    "unknown": {"hologram": {"file_id": "h", "depth": 3}},
}  # fmt: skip
OWN = {
    "video": ({"video": CLIP}, "kind.video"),
    "GIF": ({"animation": CLIP, "document": {**FILE, "mime_type": "video/mp4"}}, "kind.video"),
    "picture as GIF": (
        {"animation": CLIP, "document": {**FILE, "mime_type": "image/png"}}, "kind.video",
    ),
    "video note": ({"video_note": {**FILE, "length": 240, "duration": 3}}, "kind.video"),
    "audio": ({"audio": {**FILE, "duration": 7}}, "kind.audio"),
    "document": ({"document": {**FILE, "mime_type": "application/pdf"}}, "kind.file"),
    "nameless document": ({"document": FILE}, "kind.file"),
    "drawing": ({"document": {**FILE, "mime_type": "image/svg+xml"}}, "kind.file"),
    "huge picture": (
        {"document": {**FILE, "mime_type": "image/jpeg", "file_size": 20_000_001}},
        "kind.large_picture",
    ),
    "contact": ({"contact": {"phone_number": "+62811", "first_name": "Ani"}}, "kind.contact"),
}  # fmt: skip
NOTES = {
    "pinned": {"pinned_message": {"message_id": 1, "date": 0,
                                  "chat": {"id": 301, "type": "private", "first_name": "Siti"}}},
    "auto delete": {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
    "write access": {"write_access_allowed": {"from_request": True}},
    "video chat": {"video_chat_started": {}},
    "background": {"chat_background_set": {"type": {"type": "chat_theme", "theme_name": "🌧"}}},
    "boost": {"boost_added": {"boost_count": 1}},
}  # fmt: skip
VENUE = {"latitude": -1.6, "longitude": 103.61}


async def gives(person: Warga, monkeypatch: pytest.MonkeyPatch, content: dict[str, Any]) -> Any:
    """A person sends a message with that content, be it of a kind that nobody knows."""
    world = person.bot.simulator.world
    with monkeypatch.context() as patched:
        patched.setattr(world.queue, "_check", None)
        update = incoming.receive(world, person.person.human, person.person.chat, content)
    await person.bot.settles()
    return update


def all_done(bot: Bot) -> bool:
    return {row.state for row in bot.rows(select(inbox.c.state))} == {"done"}


@pytest.mark.parametrize("name", OTHERS)
async def test_a_kind_that_says_nothing_gets_one_kind_sentence(
    bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch, name: str
):
    """What the bot can read; nothing is begun by it."""
    await gives(siti, monkeypatch, OTHERS[name])
    assert siti.texts == [bot.phrase("fallback.other")]
    assert bot.count(draft) == 0
    assert all_done(bot)


@pytest.mark.parametrize("name", OWN)
async def test_what_cannot_be_kept_says_what_to_send_instead(
    bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch, name: str
):
    """Also with words below it; with an open form the question comes again."""
    content, key = OWN[name]
    await gives(siti, monkeypatch, content)
    if "contact" not in content and "video_note" not in content:
        await gives(siti, monkeypatch, {**content, "caption": "lihat ini pak"})
    assert set(siti.texts) == {bot.phrase(key)}
    await siti.sends("/lapor")
    before = len(siti.texts)
    await gives(siti, monkeypatch, content)
    assert len(siti.texts) == before + 1
    assert siti.sees.startswith(bot.phrase(key))
    assert bot.phrase("complaint.kind.question") in siti.sees
    assert all_done(bot)


@pytest.mark.parametrize("name", OTHERS)
async def test_with_an_open_form_the_question_comes_again(
    bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch, name: str
):
    """One message: what is needed here, and the question."""
    await siti.sends("/lapor")
    before = len(siti.texts)
    await gives(siti, monkeypatch, OTHERS[name])
    assert len(siti.texts) == before + 1
    assert siti.sees.startswith(bot.phrase("form.expects.choice"))
    assert bot.phrase("complaint.kind.question") in siti.sees


@pytest.mark.parametrize("name", NOTES)
async def test_telegrams_own_notes_get_no_answer(
    bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch, name: str
):
    """With and without an open form."""
    await gives(siti, monkeypatch, NOTES[name])
    await siti.sends("/lapor")
    before = list(siti.texts)
    await gives(siti, monkeypatch, NOTES[name])
    assert siti.texts == before
    assert all_done(bot)


async def test_a_forwarded_message_is_read_like_any_other(
    bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Its words are the answer."""
    origin = {"type": "hidden_user", "sender_user_name": "Bu RW", "date": 1}
    await siti.sends("/aspirasi")
    content = {"text": "mohon lampu jalan di lorong", "forward_origin": origin}
    await gives(siti, monkeypatch, content)
    assert bot.phrase("aspiration.place.question") in siti.sees


async def test_a_voice_note_and_a_place_out_of_a_form_begin_a_report(
    bot: Bot, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """And the edits of a live location, which come every few seconds, say nothing."""
    await siti.sends_voice()
    assert bot.phrase("complaint.kind.question") in siti.sees
    assert bot.phrase("complaint.begun") in siti.sees
    await siti.sends("/batal")
    await siti.taps("form.button.discard")
    await gives(siti, monkeypatch, {"venue": {"location": VENUE, "title": "Pos ronda",
                                             "address": "Jalan Melati"}, "location": VENUE})  # fmt: skip
    assert bot.phrase("complaint.kind.question") in siti.sees
    await siti.sends("/batal")
    await siti.taps("form.button.discard")
    update = await gives(siti, monkeypatch, {"location": {**VENUE, "live_period": 900}})
    assert bot.phrase("complaint.kind.question") in siti.sees
    before = list(siti.texts)
    moved = {**update["message"], "edit_date": update["message"]["date"] + 5}
    moved["location"] = {**VENUE, "latitude": -1.7, "live_period": 900}
    bot.simulator.world.queue.push("edited_message", moved, siti.id)
    await bot.settles()
    assert siti.texts == before


# --- photos sent as files ---------------------------------------------------------------------


async def sends_file(person: Warga, shade: int, caption: str = "") -> None:
    sent = person.person.sends_document(picture(shade), f"IMG_{shade}.png", caption)
    await person._then(sent)


async def test_a_photo_sent_as_a_file_is_a_photo(
    bot: Bot, siti: Warga, admin: Warga, monkeypatch: pytest.MonkeyPatch
):
    """Taken, shown to staff and to oneself, kept as a file, counted."""
    await agrees(siti)
    await siti.sends("/lapor")
    for said in ("1", "rt 3", "depan masjid", "parit penuh lumpur"):
        await siti.sends(said)
    await sends_file(siti, 10)
    await siti.sends_photo(picture(20))
    assert bot.phrase("form.photos_so_far", count=2, most=5) in siti.sees
    await siti.sends("cukup")
    await siti.sends("kirim")
    assert bot.count(ticket) == 1
    await bot.tasks_done()
    kept = bot.rows(select(ticket_media.c.kind, ticket_media.c.path, ticket_media.c.size))
    assert [row.kind for row in kept] == ["document", "photo"]
    assert all((bot.settings.media.folder / row.path).read_bytes() for row in kept)
    assert "document" in admin.person.from_bot[-1]
    await admin.taps("desk.button.open")
    assert "Foto: 2" in admin.message["text"]
    await siti.sends("/laporan")
    await siti.sends("1")
    await siti.taps("report.button.photos")
    assert "photo" in siti.person.from_bot[-2]
    assert "document" in siti.person.from_bot[-1]


async def test_a_photo_sent_as_a_file_out_of_the_blue_begins_a_report(bot: Bot, siti: Warga):
    """Its words are the description; at a summary it is one photo more."""
    await sends_file(siti, 10, "parit mampet depan masjid")
    assert bot.phrase("complaint.rt.question") in siti.sees
    [row] = bot.rows(select(draft.c.answers))
    assert row.answers["kind"] == {"choice": "blocked"}
    assert row.answers["description"] == {"text": "parit mampet depan masjid"}
    assert row.answers["photos"]["photos"][0].startswith("document:")


async def test_a_neighbour_sees_the_photo_that_was_sent_as_a_file(
    bot: Bot, siti: Warga, budi: Warga, admin: Warga
):
    """When asked whether the problem is the same."""
    await agrees(siti)
    await sends_file(siti, 10, "parit penuh lumpur")
    for said in ("1", "rt 3", "depan masjid", "kirim"):
        await siti.sends(said)
    assert bot.count(ticket) == 1
    await agrees(budi)
    await budi.sends("/lapor")
    for said in ("1", "rt 3", "depan masjid", "parit penuh lumpur", "lewati", "kirim"):
        await budi.sends(said)
    shown = budi.person.from_bot[-1]
    assert "document" in shown
    assert "parit penuh lumpur" in shown["caption"]


def test_an_announcement_takes_a_photo_sent_as_a_file():
    """It goes out as it came."""
    for photo, method, name in (
        ("document:f1", "sendDocument", "document"),
        ("f1", "sendPhoto", "photo"),
    ):
        made, params = call_of(load(), "Beringin", "Air mati", photo)
        assert (made, params[name]) == (method, "f1")


async def test_an_addition_may_be_a_photo_sent_as_a_file(bot: Bot, siti: Warga, admin: Warga):
    """To a report that waits for it."""
    await agrees(siti)
    await files(siti)
    await admin.taps("desk.button.open")
    await admin.taps("desk.button.move.perlu-data")
    await admin.sends("mohon foto dari dekat")
    await admin.sends("kirim")
    await sends_file(siti, 30)
    await siti.sends("cukup")
    await siti.sends("kirim")
    assert [row.kind for row in bot.rows(select(ticket_media.c.kind))] == ["document"]


def test_no_kind_has_two_sentences():
    """A GIF is also a document: the first one that fits is said."""
    assert list(kinds.SENTENCES).index("animation") < list(kinds.SENTENCES).index("document")
