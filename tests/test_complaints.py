"""A drainage complaint, from the first tap to the card for staff, as the people meet it."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    KIND,
    Bot,
    Warga,
    agrees,
    complaint_in,
    files,
    fills_in,
    picture,
    resident_in,
    writes,
)
from sqlalchemy import Connection, select

from jobs import tasks as slow_work
from services import complaints, similar
from services import tickets as rules
from services.complaint_form import Complaint
from services.exports import Filter, write_csv
from services.places import rt_in
from services.roles import OPERATOR
from services.similar import metres
from services.tickets import NotOpen, NotYours
from storage import tickets
from storage.tables import (
    complaint,
    draft,
    participation,
    resident,
    task,
    ticket,
    ticket_event,
    ticket_follower,
    ticket_media,
)

HERE = (-1.6000, 103.6000)
NEAR = (-1.6020, 103.6000)  # 222 m
FAR = (-1.6025, 103.6000)  # 278 m


# --- the rules ------------------------------------------------------------------------------


def new(**changes: Any) -> Complaint:
    """A complaint of a neighbour, about to be filed."""
    values: dict[str, Any] = {
        "kind": "blocked",
        "rt": None,
        "point": None,
        "landmark": None,
        "description": "got tersumbat",
        "voices": (),
        "photos": (),
    }
    return Complaint(**{**values, **changes})


def test_distances_on_the_ground():
    """Two hundred metres and a bit, and a degree of longitude near the equator."""
    assert metres(HERE, HERE) == 0
    assert 221 < metres(HERE, NEAR) < 224
    assert 111_100 < metres((0.0, 103.0), (0.0, 104.0)) < 111_300


@pytest.mark.parametrize(
    ("words", "rt"),
    [
        ("RT 05", "05"), ("rt5 dekat pasar", "05"), ("di Rt.005", "05"), ("rt: 3", "03"),
        ("rt 99", None), ("dekat pasar", None), ("smart 5", None), ("rt 99 atau rt 3", "03"),
        ("artis 5", None), ("", None),
    ],
)  # fmt: skip
def test_words_name_an_rt(words: str, rt: str | None):
    """Only an RT that there is."""
    assert rt_in(words, ("03", "05")) == rt


@pytest.mark.parametrize(
    ("theirs", "mine", "alike"),
    [
        ({"point": HERE}, {"point": NEAR}, True),
        ({"point": HERE}, {"point": FAR}, False),
        ({"point": HERE}, {"point": NEAR, "kind": "smell"}, False),
        ({"rt": "05"}, {"rt": "05", "landmark": "masjid", "description": "parit mampet"}, True),
        ({"rt": "05"}, {"rt": "03", "landmark": "masjid", "description": "parit mampet"}, False),
        (
            {"rt": "05"},
            {"rt": "05", "landmark": "pasar", "description": "tutup got hilang"},
            False,
        ),
        ({"rt": "05"}, {"rt": "05", "description": None, "voices": ("v",)}, False),
        ({"rt": "05"}, {"landmark": "masjid", "description": "parit mampet"}, False),
        ({"point": HERE, "rt": None}, {"rt": "03"}, False),
    ],
)
def test_what_counts_as_similar(
    db: Connection, theirs: dict[str, Any], mine: dict[str, Any], alike: bool
):
    """The same kind within 250 m, or in the same RT in similar words."""
    complaint_in(db, resident_in(db, 1), **theirs)
    assert bool(complaints.similar(db, new(**mine))) is alike


def test_a_withdrawn_complaint_is_not_similar(db: Connection):
    """Nobody is asked to join what nobody pursues; nor can he."""
    actor = resident_in(db, 1)
    row = complaint_in(db, actor, point=HERE)
    rules.withdraw(db, actor, row.number, row.created_at)
    assert complaints.similar(db, new(point=HERE)) == []
    with pytest.raises(NotOpen):
        similar.join(db, resident_in(db, 2), row.id, new(point=HERE), "", row.created_at)
    with pytest.raises(NotOpen):
        rules.withdraw(db, actor, row.number, row.created_at)


def test_at_most_three_similar_ones_newest_first(db: Connection):
    """More would not be read."""
    made = [complaint_in(db, resident_in(db, 1), point=HERE).id for _ in range(5)]
    assert [row.id for row in complaints.similar(db, new(point=HERE))] == made[:1:-1]


def test_joining_counts_once(db: Connection):
    """A second time adds words, and is no second voice."""
    row = complaint_in(db, resident_in(db, 1))
    second = resident_in(db, 2)
    for _ in range(2):
        similar.join(db, second, row.id, new(photos=("p",)), "sama", row.created_at)
    kinds = [event.kind for event in tickets.events(db, row.id)]
    logged = list(db.scalars(select(participation.c.activity).order_by(participation.c.id)))
    assert kinds == ["filed", "joined", "added"]
    assert logged == ["complaint_filed", "complaint_joined", "complaint_added_to"]
    assert len(tickets.followers(db, row.id)) == 1


def test_one_draft_is_one_complaint(db: Connection):
    """Filing the same draft again gives the same ticket."""
    actor = resident_in(db, 1)
    row = complaint_in(db, actor)
    again = complaints.file(db, actor, new(), draft_id=row.draft_id, year=2026, now=row.created_at)
    assert again.id == row.id
    assert len(list(db.execute(select(ticket.c.id)))) == 1


def test_only_ones_own_can_be_changed(db: Connection):
    """Adding is for who filed or joined; withdrawing only for who filed."""
    row = complaint_in(db, resident_in(db, 1))
    other = resident_in(db, 2)
    nothing = {"words": "halo", "voices": (), "photos": (), "now": row.created_at}
    assert rules.mine(db, other, row.number) is None
    with pytest.raises(NotYours):
        rules.add_to(db, other, row.number, **nothing)
    similar.join(db, other, row.id, new(), "", row.created_at)
    assert rules.add_to(db, other, row.number, **nothing).id == row.id
    with pytest.raises(NotYours):
        rules.withdraw(db, other, row.number, row.created_at)
    with pytest.raises(NotYours):
        rules.withdraw(db, other, "DRN-2026-9999", row.created_at)


# --- filing ---------------------------------------------------------------------------------


def asked_before_sending(bot: Bot) -> str:
    """The consent question after Kirim: it says that nothing was sent yet."""
    question = bot.phrase("consent.question", kelurahan="Beringin")
    return f"{bot.phrase('consent.not_sent_yet')}\n\n{question}"


async def test_a_complaint_reaches_admin_list_and_export(bot: Bot, admin: Warga, siti: Warga):
    """The whole path: four answers, a number, a card for staff, a row for the planner."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.sends("parit <mampet> & bau")
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")

    number = bot.rows(select(ticket.c.number))[0][0]
    assert siti.sees == bot.phrase("complaint.filed", number=number)
    assert number in admin.sees
    assert "parit <mampet> & bau" in admin.sees
    assert "photo" in admin.person.from_bot[-1]

    out = io.StringIO()
    with bot.engine.connect() as db:
        zone = bot.settings.kelurahan.zone
        write_csv(out, db, OPERATOR, bot.phrases, zone, what="complaints", wanted=Filter())
    row = next(iter(csv.DictReader(io.StringIO(out.getvalue()))))
    assert row[bot.phrase("export.column.number")] == number
    assert row[bot.phrase("export.column.description")] == "parit <mampet> & bau"
    assert row[bot.phrase("export.column.rt")] == "03"
    assert "Siti" not in out.getvalue()
    assert bot.count(participation) == 1


async def test_consent_is_asked_at_the_end_and_nothing_is_lost(
    bot: Bot, admin: Warga, siti: Warga
):
    """Kirim without consent: the question, the number, then the RT."""
    await fills_in(siti)
    await siti.taps("form.button.send")
    assert siti.sees == asked_before_sending(bot)
    assert (bot.count(ticket), bot.count(resident)) == (0, 0)

    await siti.taps("consent.button.yes")
    number = bot.rows(select(ticket.c.number))[0][0]
    assert bot.phrase("complaint.filed", number=number) in siti.texts
    assert siti.sees == bot.phrase("home.question")
    await siti.taps("form.choice.rt", number="05")
    assert siti.sees == bot.phrase("home.thanks.rt", rt="05")
    assert bot.rows(select(ticket.c.rt, ticket.c.description)) == [("03", "parit mampet")]
    assert bot.rows(select(resident.c.name, resident.c.rt)) == [("Siti", "05")]


async def test_declining_keeps_the_draft_and_kirim_asks_again(bot: Bot, admin: Warga, siti: Warga):
    """No is no: nothing is stored but the draft; a changed mind finds it."""
    await fills_in(siti)
    await siti.taps("form.button.send")
    await siti.taps("consent.button.no")
    assert siti.message["text"] == bot.phrase("consent.declined_unsent")
    assert (bot.count(ticket), bot.count(resident), bot.count(draft)) == (0, 0, 1)

    await siti.sends(bot.phrase("menu.complaint"))
    await siti.taps("form.button.resume")
    assert "parit mampet" in siti.sees
    await siti.taps("form.button.send")
    assert siti.message["text"] == asked_before_sending(bot)
    await siti.taps("consent.button.yes")
    assert bot.count(ticket) == 1


async def test_a_second_tap_on_kirim_does_not_hide_the_consent_question(bot: Bot, siti: Warga):
    """Double taps are common: what is left on the screen is the question, once."""
    await fills_in(siti)
    message = siti.person.from_bot[-1]
    data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await siti.person.taps_raw(message["message_id"], data)
    await siti.taps_data(message["message_id"], data)
    question = asked_before_sending(bot)
    assert siti.sees == question
    assert siti.texts.count(question) == 1


@pytest.mark.parametrize("kind", ["photo", "album", "location", "voice"])
async def test_what_comes_out_of_the_blue_begins_a_complaint(bot: Bot, siti: Warga, kind: str):
    """It is kept, said so, and the first question asked."""
    sends = {
        "photo": lambda: siti.sends_photo(picture(), "lihat ini pak"),
        "album": lambda: siti.sends_album([picture(1), picture(2)]),
        "location": lambda: siti.sends_location(*HERE),
        "voice": siti.sends_voice,
    }
    await sends[kind]()
    notes = [bot.phrase(f"form.kept.{'photo' if kind == 'album' else kind}")]
    if kind != "album":  # whose last photo is taken by the form that the first one opened
        notes.append(bot.phrase("complaint.begun"))
    question = bot.phrase("complaint.kind.question")
    assert siti.texts == ["\n\n".join([*notes, question, siti.sees.split("\n\n")[-1]])]
    answers = bot.rows(select(draft.c.answers))[0][0]
    assert {
        "photo": answers.get("description") == {"text": "lihat ini pak"},
        "album": len(answers.get("photos", {}).get("photos", ())) == 2,
        "location": answers.get("place") == {"location": list(HERE)},
        "voice": "voices" in answers.get("description", {}),
    }[kind]


@pytest.mark.parametrize(("words", "rt"), [("rt 05 dekat pasar", "05"), ("dekat pasar", None)])
async def test_a_place_in_words(bot: Bot, admin: Warga, siti: Warga, words: str, rt: str | None):
    """An RT in the words is understood; without one it is asked, and may stay unknown."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.sends(words)
    if rt is None:
        assert siti.sees.startswith(bot.phrase("complaint.rt.question"))
        await siti.taps("form.choice.no_rt")
    await siti.sends("parit mampet")
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert bot.rows(select(ticket.c.rt, ticket.c.landmark)) == [(rt, words)]


async def test_danger_is_answered_first_and_the_form_goes_on(bot: Bot, siti: Warga):
    """112 before anything else, whether a form is open or not."""
    await siti.sends("ada kebakaran!")
    assert siti.texts[0] == bot.phrase("danger.call_112")
    assert siti.sees.startswith("Nomor darurat")
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.sends("Tolooong, air masuk rumah")
    assert siti.texts[-2] == bot.phrase("danger.call_112")
    assert siti.sees.startswith(bot.phrase("complaint.photos.question"))
    answers = bot.rows(select(draft.c.answers))[0][0]
    assert answers["description"] == {"text": "Tolooong, air masuk rumah"}


async def test_details_reach_the_complaint(bot: Bot, admin: Warga, siti: Warga):
    """How deep, since when, and that the name is hidden."""
    await agrees(siti)
    await fills_in(siti)
    await siti.taps("form.button.details")
    await siti.taps("complaint.depth.choice.knee")
    await siti.taps("complaint.since.choice.week")
    await siti.taps("complaint.hide_name.choice.yes")
    await siti.taps("form.button.send")
    row = bot.rows(select(complaint.c.depth, complaint.c.since, ticket.c.hide_name).join(ticket))
    assert row == [("knee", "week", True)]
    assert bot.phrase("card.reporter.hidden", name="Siti") in admin.sees


# --- similar complaints ---------------------------------------------------------------------


async def neighbour(bot: Bot, **changes: Any) -> Any:
    """A complaint that Tono filed before."""
    return await writes(bot, lambda db: complaint_in(db, resident_in(db, 777), **changes))


async def test_a_similar_complaint_is_shown_with_words_and_photo(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """Words and photo, never the name; "Sama" joins once and adds what one has."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.sends_photo(picture(), "parit <mampet>")
    await siti.taps("form.button.send")
    number = bot.rows(select(ticket.c.number))[0][0]

    await agrees(budi)
    await fills_in(budi, words="parit mampet & bau")
    await budi.taps("form.button.send")
    shown = budi.person.from_bot[-1]
    assert bot.phrase("complaint.similar", count=1) in budi.texts
    assert "photo" in shown
    assert "parit <mampet>" in shown["caption"]
    assert "Siti" not in "".join(budi.texts)
    assert bot.count(ticket) == 1

    await budi.taps("similar.button.same")
    await budi.taps("similar.button.same")
    assert budi.sees == bot.phrase("complaint.joined", number=number)
    assert (bot.count(ticket), bot.count(ticket_follower), bot.count(draft)) == (1, 1, 0)
    texts = [row[0] for row in bot.rows(select(ticket_event.c.text).order_by(ticket_event.c.id))]
    said = "parit mampet & bau\ndepan masjid"
    assert texts == [None, said]
    told = bot.phrase("card.joined", number=number, words=said, photos=0)
    assert admin.sees == told


async def test_a_photo_of_who_joins_is_added(bot: Bot, admin: Warga, siti: Warga):
    """Found by place: within 250 m of the same kind."""
    row = await neighbour(bot, point=NEAR, rt=None)
    await agrees(siti)
    await siti.sends_photo(picture(), "got tersumbat")
    await siti.sends_location(*HERE)
    await siti.taps("form.button.send")
    assert "parit mampet penuh lumpur" in siti.sees
    await siti.taps("similar.button.same")
    assert bot.rows(select(ticket_media.c.ticket_id, ticket_media.c.kind)) == [(row.id, "photo")]


async def test_a_different_complaint_is_filed(bot: Bot, admin: Warga, siti: Warga):
    """ "Beda" files one's own; tapping again says that it was sent."""
    await neighbour(bot)
    await agrees(siti)
    await fills_in(siti)
    await siti.taps("form.button.send")
    await siti.taps("similar.button.different")
    number = bot.rows(select(ticket.c.number).order_by(ticket.c.id.desc()))[0][0]
    assert siti.sees == bot.phrase("complaint.filed", number=number)
    assert bot.count(ticket) == 2


async def test_what_is_not_similar_is_filed_at_once(bot: Bot, admin: Warga, siti: Warga):
    """Another kind, far away, or withdrawn."""
    await neighbour(bot, kind="smell")
    await neighbour(bot, rt="05", point=FAR)
    withdrawn = await neighbour(bot)
    await writes(
        bot,
        lambda db: rules.withdraw(
            db, resident_in(db, 777), withdrawn.number, withdrawn.created_at
        ),
    )
    await agrees(siti)
    number = await files(siti)
    assert siti.sees == bot.phrase("complaint.filed", number=number)
    assert bot.count(ticket) == 4


async def test_a_complaint_that_closed_meanwhile_cannot_be_joined(
    bot: Bot, admin: Warga, siti: Warga
):
    """Withdrawn while it was looked at: said so, and the summary comes back."""
    row = await neighbour(bot)
    await agrees(siti)
    await fills_in(siti)
    await siti.taps("form.button.send")
    await writes(
        bot,
        lambda db: rules.withdraw(db, resident_in(db, 777), row.number, row.created_at),
    )
    await siti.taps("similar.button.same")
    assert siti.notice == bot.phrase("similar.gone")
    await siti.taps("form.button.send")
    assert bot.count(ticket) == 2


# --- the card for staff ---------------------------------------------------------------------


async def test_a_voice_note_is_the_card(bot: Bot, admin: Warga, siti: Warga):
    """Without words staff get the voice note itself, above the facts."""
    await agrees(siti)
    await siti.sends_voice()
    await siti.taps(KIND)
    await siti.sends_location(*HERE)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    card = admin.person.from_bot[-1]
    assert "voice" in card
    point = f"{HERE[0]:.5f}, {HERE[1]:.5f}"
    assert bot.phrase("card.map", link="", point=point) in card["caption"]


async def test_a_card_without_photo_is_text(bot: Bot, admin: Warga, siti: Warga):
    """Every word of the person is shown as written, markup included."""
    await agrees(siti)
    number = await files(siti, landmark="<b>masjid</b>", words="a & b <script>")
    expected = bot.phrase(
        "card.ticket",
        number=number,
        kind=bot.phrase(KIND),
        place="RT 03, @@",
        words="a & b <script>",
        photos=0,
        state=bot.phrase("report.state.diterima"),
    ).replace("@@", "<b>masjid</b>")
    assert admin.sees.startswith(expected.split("\n")[0])
    assert "RT 03, <b>masjid</b>" in admin.sees
    assert "a & b <script>" in admin.sees
    assert bot.phrase("card.reporter.shown", name="Siti") in admin.sees


async def test_voice_beside_words_still_reaches_staff(bot: Bot, admin: Warga, siti: Warga):
    """A voice note and words, no photo: the card carries the voice."""
    await agrees(siti)
    await siti.sends_voice()
    await siti.sends("/batal")
    await siti.taps("form.button.resume")
    await siti.sends("dengar suara saya ya pak")
    await siti.taps(KIND)
    await siti.sends_location(*HERE)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    card = admin.person.from_bot[-1]
    assert "dengar suara saya ya pak" in (card.get("caption") or card.get("text"))
    assert "voice" in card


async def test_the_longest_words_fit_every_message(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """Two thousand signs that Telegram counts double, in card, similar and own report."""
    long = "\U0001f4a7" * 1990 + "parit"
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends(long)
    await siti.sends(long)
    await siti.sends_photo(picture())
    await siti.taps("form.button.continue")
    await siti.taps("form.button.send")
    number = bot.rows(select(ticket.c.number))[0][0]
    assert number in admin.sees
    await siti.taps("report.button.open")
    assert number in siti.sees
    await agrees(budi)
    await fills_in(budi, landmark=long, words=long)
    await budi.taps("form.button.send")
    assert "photo" in budi.person.from_bot[-1] or long[:50] in budi.sees
    assert bot.phrase("similar.button.same") in budi.buttons


# --- photos and voice notes -----------------------------------------------------------------


async def test_files_are_kept_with_their_checksum(bot: Bot, admin: Warga, siti: Warga):
    """Named by ticket, below the media folder, byte for byte."""
    await agrees(siti)
    await siti.sends_photo(picture(7), "parit mampet")
    await siti.sends_location(*HERE)
    await siti.taps("form.button.send")
    await bot.tasks_done()
    number = bot.rows(select(ticket.c.number))[0][0]
    kept = bot.rows(select(ticket_media))[0]
    path = Path(bot.settings.media.folder) / kept.path
    content = path.read_bytes()
    assert path.name == f"{number}-photo-{kept.id}{path.suffix}"
    assert path.parent.name == number[4:8]
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (kept.sha256, kept.size)
    assert content == picture(7)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


async def test_a_failed_download_is_tried_again_and_blocks_nothing(
    bot: Bot, admin: Warga, siti: Warga, monkeypatch: pytest.MonkeyPatch
):
    """The number comes at once; the file when Telegram gives it."""
    monkeypatch.setattr(slow_work, "RETRY_AFTER", (timedelta(seconds=0.01),) * 5)
    monkeypatch.setattr(slow_work, "IDLE_SECONDS", 0.02)
    bot.simulator.faults.next("getFile", "status", times=2, code=502)
    await agrees(siti)
    await siti.sends_voice()
    await siti.taps(KIND)
    await siti.sends_location(*HERE)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    number = bot.rows(select(ticket.c.number))[0][0]
    assert siti.sees == bot.phrase("complaint.filed", number=number)
    await bot.tasks_done()
    assert bot.rows(select(task.c.state, task.c.attempts).where(task.c.kind == "download")) == [
        ("done", 2)
    ]
    assert bot.rows(select(ticket_media.c.path))[0][0] is not None


async def test_a_download_that_telegram_refuses_is_given_up(bot: Bot, admin: Warga, siti: Warga):
    """No use in asking for ever; the complaint stands without the file."""
    bot.simulator.faults.next("getFile", "status", code=400)
    await agrees(siti)
    await siti.sends_voice()
    await siti.taps(KIND)
    await siti.sends_location(*HERE)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    await bot.tasks_done()
    assert bot.rows(select(task.c.state).where(task.c.kind == "download")) == [("failed",)]
    assert bot.count(ticket) == 1


async def test_every_voice_note_and_its_words_are_kept(bot: Bot, admin: Warga, siti: Warga):
    """A second voice note stands beside the first, and a later place beside the landmark."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("samping musala biru")
    await siti.sends_voice()
    await siti._then(siti.person.sends_voice(b"OggS" + b"\1" * 60, 4))
    await siti.sends_location(-1.59, 103.61)
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    kinds = bot.rows(select(ticket_media.c.kind))
    assert [kind for (kind,) in kinds] == ["voice", "voice"]
    [(landmark, latitude)] = bot.rows(select(ticket.c.landmark, ticket.c.latitude))
    assert (landmark, round(latitude, 2)) == ("samping musala biru", -1.59)


async def test_a_video_is_not_taken_silently(bot: Bot, siti: Warga):
    """Its caption is the answer; that the video itself cannot be kept is said."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti._then(siti.person.sends_video(b"mp4", "airnya meluap"))
    assert siti.sees.startswith(bot.phrase("kind.video"))
    assert bot.phrase("complaint.photos.question") in siti.sees


async def test_words_of_those_who_join_reach_the_planner(
    bot: Bot, admin: Warga, siti: Warga, budi: Warga
):
    """What neighbours add stands in the export, without their names."""
    for person in (siti, budi):
        await agrees(person)
        await fills_in(person, words="parit mampet penuh lumpur")
        await person.taps("form.button.send")
    await budi.taps("similar.button.same")
    out = io.StringIO()
    with bot.engine.connect() as db:
        zone = bot.settings.kelurahan.zone
        write_csv(out, db, OPERATOR, bot.phrases, zone, what="complaints", wanted=Filter())
    [row] = csv.DictReader(io.StringIO(out.getvalue()))
    assert row[bot.phrase("export.column.additions")] == "parit mampet penuh lumpur\ndepan masjid"
