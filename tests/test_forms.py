"""Forms, step by step: the rules by themselves, and what a person sees in the chat."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import KIND, Bot, Warga, agrees, fills_in, picture, writes
from sqlalchemy import select

from services import form_answers, forms
from services.complaint_form import Complaint, addition_form, form
from services.forms import SUMMARY, Input, Progress
from storage import drafts
from storage.tables import draft, participation, ticket
from storage.tables import inbox as inbox_table

RTS = ("03", "05")
FORM = form(RTS)
STORY = "parit mampet sejak hujan kemarin"


# --- the rules ------------------------------------------------------------------------------


def given(*inputs: Input, form_: forms.Form = FORM) -> Progress:
    """A form after these inputs, one after the other."""
    progress = form_answers.start(form_).progress
    for one in inputs:
        progress = form_answers.answer(form_, progress, one).progress
    return progress


def test_four_answers_lead_to_the_summary():
    """Kind, RT, landmark, words; the photos may be left."""
    progress = given(
        Input(choice="blocked"), Input(choice="03"), Input(text="depan masjid"), Input(text=STORY)
    )
    assert progress.step == "photos"
    assert forms.skip(FORM, progress).step == SUMMARY


def test_words_that_name_the_rt_need_no_question_for_it():
    """ "RT 05 dekat pasar" says both; other words leave the RT open."""
    named = given(Input(choice="blocked"), Input(text="rt 05 dekat pasar"))
    unnamed = given(Input(choice="blocked"), Input(text="dekat pasar"))
    assert named.step == "description"
    assert unnamed.step == "rt"
    assert Complaint.from_answers({**named.answers, "description": {}}, RTS).rt == "05"


def test_a_step_that_must_be_answered_cannot_be_skipped():
    """Only photos and details may be left."""
    for step in FORM.steps:
        progress = Progress(step=step.name)
        assert (forms.skip(FORM, progress).step == step.name) is (
            not step.optional or step.name == "kind"
        )


def test_back_goes_one_step_and_stops_at_the_first():
    """From the summary to its last question, and so on up."""
    progress = forms.skip(
        FORM,
        given(Input(choice="blocked"), Input(location=(-1.6, 103.6)), Input(text=STORY)),
    )
    seen = []
    for _ in range(5):
        progress = forms.back(FORM, progress)
        seen.append(progress.step)
    assert seen == ["photos", "description", "place", "kind", "kind"]


def test_details_are_asked_only_when_wanted():
    """ "Tambah rincian" brings three more questions, once."""
    progress = forms.skip(
        FORM,
        given(Input(choice="blocked"), Input(location=(-1.6, 103.6)), Input(text=STORY)),
    )
    assert forms.position(FORM, progress, "photos") == (4, 4)
    assert forms.has_details(FORM, progress)
    progress = forms.add_details(FORM, progress)
    assert progress.step == "depth"
    assert forms.position(FORM, progress, "depth") == (5, 7)
    assert not forms.has_details(FORM, progress)


@pytest.mark.parametrize(
    ("step", "said", "value"),
    [
        ("kind", "1", "blocked"),
        ("kind", "8", "other"),
        ("kind", "9", None),
        ("kind", "TERSUMBAT!", "blocked"),
        ("kind", "meluap", "flooding"),
        ("kind", "tutup", "cover"),
        ("kind", "bau", "smell"),
        ("kind", "xx", None),
        ("kind", "", None),
        ("place", "rt 5", "05"),
        ("place", "RT05", "05"),
        ("place", "rt.3", "03"),
        ("place", "5", "05"),
        ("place", "05", "05"),
        ("place", "1", None),
        ("place", "rt", None),
        ("place", "rt 05 dekat pasar", None),
        ("rt", "3", "03"),
        ("rt", "2", None),
        ("rt", "tidak tahu", "none"),
        ("hide_name", "ya", "yes"),
        ("hide_name", "tidak", "no"),
    ],
)
def test_a_choice_may_be_typed(bot_phrases: Any, step: str, said: str, value: str | None):
    """By number, by label, by its first word; an RT by its own number and nothing else."""
    asked = FORM.step(step)
    labels = {c.value: bot_phrases.plain(c.label, **c.values) for c in asked.choices}
    assert form_answers.choice_in(asked, said, labels) == value


@pytest.fixture(scope="module")
def bot_phrases() -> Any:
    from content import phrases

    return phrases.load()


def test_no_order_of_inputs_breaks_the_form():
    """Whatever is sent at whatever step: the step shown is one that is asked."""
    inputs = (
        Input(text="x"),
        Input(text="rt 05 dekat pasar"),
        Input(text="dekat pasar baru"),
        Input(choice="05"),
        Input(choice="blocked"),
        Input(location=(-1.6, 103.6)),
        Input(voice="v"),
        Input(photo="p", text="dari hp", album="a"),
    )
    seen = set()
    waiting = deque([form_answers.start(FORM).progress])
    while waiting and len(seen) < 4000:
        progress = waiting.popleft()
        if progress.step != SUMMARY:
            position, count = forms.position(FORM, progress, progress.step)
            assert 1 <= position <= count
        moves = [form_answers.answer(FORM, progress, one).progress for one in inputs]
        moves.append(forms.back(FORM, progress))
        moves.append(forms.add_details(FORM, progress))
        if progress.step != SUMMARY:
            moves.append(forms.skip(FORM, progress))
        for step in forms.applicable(FORM, progress):
            moves.append(forms.edit(FORM, progress, step.name))
        for move in moves:
            key = (move.step, repr(sorted(move.answers.items())), move.skipped, move.details)
            if key not in seen:
                seen.add(key)
                waiting.append(move)
            if move.step == SUMMARY:
                assert Complaint.from_answers(move.answers, RTS).kind == "blocked"
    assert len(seen) >= 4000


def test_a_place_on_the_map_keeps_the_rt_that_was_tapped():
    """Tapping the RT and then sending the point loses neither."""
    progress = given(Input(choice="blocked"), Input(choice="05"), Input(location=(-1.6, 103.6)))
    assert progress.step == "description"
    made = Complaint.from_answers({**progress.answers, "description": {"text": STORY}}, RTS)
    assert (made.rt, made.point) == ("05", (-1.6, 103.6))


def test_answers_of_questions_that_no_longer_apply_are_not_filed():
    """Another place by its words: the old landmark and the old RT are not kept with it."""
    there = given(
        Input(choice="blocked"), Input(text="dekat pasar"), Input(choice="05"), Input(text=STORY)
    )
    moved = form_answers.answer(
        FORM, forms.edit(FORM, there, "place"), Input(text="rt 03 dekat sumur")
    )
    made = Complaint.from_answers(moved.progress.answers, RTS)
    assert (made.rt, made.landmark) == ("03", "rt 03 dekat sumur")

    there = given(
        Input(choice="blocked"), Input(choice="05"), Input(text="depan masjid"), Input(text=STORY)
    )
    moved = form_answers.answer(
        FORM, forms.edit(FORM, there, "place"), Input(location=(-1.6, 103.6))
    )
    made = Complaint.from_answers(moved.progress.answers, RTS)
    assert (made.rt, made.landmark, made.point) == (None, None, (-1.6, 103.6))


def test_a_caption_is_the_story_and_loses_no_word():
    """Alone it is the description; after one it is added to it, once."""
    first = given(Input(photo="a", text="air hitam"))
    assert first.answers["description"] == {"text": "air hitam"}
    again = form_answers.answer(FORM, first, Input(photo="b", text="bau sekali")).progress
    assert again.answers["description"]["text"] == "air hitam\nbau sekali"
    same = form_answers.answer(FORM, again, Input(photo="b", text="bau sekali")).progress
    assert same.answers["description"] == again.answers["description"]
    assert same.answers["photos"]["photos"] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("a" * 2001, "form.text_too_long"),
        ("ab", "form.text_too_short"),
        ("  a ", "form.text_too_short"),
    ],
)
def test_words_of_a_wrong_length_are_not_taken(text: str, note: str):
    """A helpful sentence, and the same question again."""
    progress = given(Input(choice="blocked"), Input(choice="03"))
    outcome = form_answers.answer(FORM, progress, Input(text=text))
    assert (outcome.taken, outcome.notes, outcome.progress) == (False, (note,), progress)


def test_an_album_stays_with_the_step_that_took_its_first_photo():
    """Also when that step was full after the first, and the next one takes photos too."""
    kinds = frozenset({forms.Kind.PHOTO})
    steps = (forms.Step("before", kinds), forms.Step("after", kinds))
    pair = forms.Form("pair", steps, story="before")
    first = form_answers.answer(
        pair, form_answers.start(pair).progress, Input(photo="a", album="x")
    )
    assert first.progress.step == "after"
    second = form_answers.answer(pair, first.progress, Input(photo="b", album="x"))
    assert second.notes == ("form.too_many_photos",)
    assert "after" not in second.progress.answers
    third = form_answers.answer(pair, second.progress, Input(photo="c", album="y"))
    assert third.progress.answers["after"] == {"photos": ["c"]}


def test_a_draft_survives_its_way_through_json():
    """What is stored is what is loaded, marks and all."""
    progress = given(
        Input(photo="p", text="air hitam", album="9"), Input(choice="blocked"), Input(choice="03")
    )
    fresh = forms.new_draft(7, FORM, datetime.now(UTC))
    kept = forms.stored(fresh, progress, datetime.now(UTC))
    assert kept.version == 1
    assert forms.progress_of(kept) == progress


def test_a_short_form_needs_neither_words_nor_photos():
    """Adding to a report: every question may be left; the handler refuses an empty one."""
    progress = form_answers.start(addition_form(), subject="DRN-2026-0001").progress
    for _ in range(2):
        progress = forms.skip(addition_form(), progress)
    assert (progress.step, progress.subject, progress.answers) == (SUMMARY, "DRN-2026-0001", {})


# --- in the chat ----------------------------------------------------------------------------


def asked(
    bot: Bot, step: str, at: tuple[int, int], *, notes: tuple[str, ...] = (), answer: str = ""
) -> str:
    """A question of the complaint form as it is shown."""
    parts = [bot.phrase(note, most=5) for note in notes]
    parts.append(bot.phrase(f"complaint.{step}.question"))
    if answer:
        parts.append(bot.phrase("form.current_answer", answer=answer))
    parts.append(bot.phrase("form.position", number=at[0], count=at[1]))
    return "\n\n".join(parts)


def labels(bot: Bot, *keys: str) -> list[str]:
    """Buttons of these phrases."""
    return [bot.phrase(key) for key in keys]


def answers(bot: Bot, person: Warga) -> dict[str, Any]:
    """What the open form of a person holds."""
    rows = bot.rows(select(draft.c.answers).where(draft.c.telegram_id == person.id))
    return dict(rows[0][0]) if rows else {}


async def test_one_question_a_message_with_its_way_around(bot: Bot, siti: Warga):
    """Where one is, and Kembali, Lewati, Batal where they make sense."""
    await siti.sends("/lapor")
    assert siti.sees == asked(bot, "kind", (1, 4))
    assert siti.buttons[-1:] == labels(bot, "form.button.cancel")
    assert len(siti.buttons) == 9

    await siti.taps(KIND)
    assert siti.sees == asked(bot, "place", (2, 4))
    assert siti.buttons == [
        "RT 03",
        "RT 05",
        *labels(bot, "form.button.back", "form.button.cancel"),
    ]

    await siti.taps("form.choice.rt", number="05")
    assert siti.sees == asked(bot, "landmark", (3, 5))
    await siti.sends("depan masjid")
    assert siti.sees == asked(bot, "description", (4, 5))
    await siti.sends("parit mampet")
    assert siti.sees == asked(bot, "photos", (5, 5))
    assert siti.buttons == labels(
        bot, "form.button.back", "form.button.skip", "form.button.cancel"
    )


async def test_going_back_shows_the_answer_and_keeps_the_rest(bot: Bot, siti: Warga):
    """Kembali, another answer, and on to the question that was open."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.button.back")
    assert siti.sees == asked(bot, "kind", (1, 4), answer=bot.phrase(KIND))
    assert bot.phrase("form.button.continue") in siti.buttons
    await siti.taps("complaint.kind.choice.smell")
    assert siti.sees == asked(bot, "place", (2, 4))
    assert answers(bot, siti)["kind"] == {"choice": "smell"}


async def test_cancel_asks_before_answers_go(bot: Bot, siti: Warga):
    """Nothing answered: gone at once. Else one question, and a way back."""
    await siti.sends("/lapor")
    await siti.taps("form.button.cancel")
    assert siti.sees == bot.phrase("form.cancelled")

    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.button.cancel")
    assert siti.sees == bot.phrase("form.cancel_question")
    await siti.taps("form.button.resume")
    assert siti.sees == asked(bot, "place", (2, 4))

    await siti.sends("/batal")
    await siti.taps("form.button.discard")
    assert siti.sees == bot.phrase("form.cancelled")
    assert bot.count(draft) == 0

    await siti.sends("/batal")
    assert siti.sees == bot.phrase("form.nothing_open")


async def test_the_summary_shows_and_changes_every_answer(bot: Bot, siti: Warga):
    """Ubah per answer, Tambah rincian once, and back to the summary each time."""
    await fills_in(siti, landmark="depan <masjid>", words="parit & got")
    lines = [
        ("kind", bot.phrase(KIND)),
        ("place", "RT 03"),
        ("landmark", "depan <masjid>"),
        ("description", "parit & got"),
    ]
    for step, answer in lines:
        label = bot.phrase(f"complaint.{step}.short")
        assert bot.phrase("form.summary_line", label=label, answer=answer) in siti.sees
    assert siti.buttons == labels(
        bot, "form.button.send", "complaint.kind.button.edit", "complaint.place.button.edit",
        "complaint.landmark.button.edit", "complaint.description.button.edit",
        "complaint.photos.button.edit", "form.button.details", "form.button.cancel",
    )  # fmt: skip

    await siti.taps("complaint.description.button.edit")
    assert siti.sees == asked(bot, "description", (4, 5), answer="parit & got")
    await siti.sends("got bau")
    assert "got bau" in siti.sees
    assert bot.phrase("form.summary_hint", send=bot.phrase("form.button.send")) in siti.sees

    await siti.taps("form.button.details")
    assert siti.sees == asked(bot, "depth", (6, 8))
    await siti.taps("complaint.depth.choice.knee")
    await siti.sends("sejak lebaran")
    await siti.taps("form.button.skip")
    for step, answer in (("depth", "Lutut"), ("since", "sejak lebaran")):
        label = bot.phrase(f"complaint.{step}.short")
        assert bot.phrase("form.summary_line", label=label, answer=answer) in siti.sees
    assert bot.phrase("form.button.details") not in siti.buttons


async def test_a_form_can_be_filled_in_by_typing(bot: Bot, admin: Warga, siti: Warga):
    """Numbers and words do what the buttons do."""
    await agrees(siti)
    await siti.sends("/lapor")
    for text, step, at in (
        ("1", "place", (2, 4)),
        ("rt 5", "landmark", (3, 5)),
        ("depan masjid", "description", (4, 5)),
    ):
        await siti.sends(text)
        assert siti.sees == asked(bot, step, at)
    await siti.sends("Kembali")
    assert siti.sees == asked(bot, "landmark", (3, 5), answer="depan masjid")
    await siti.sends("lanjut")
    await siti.sends("air tidak jalan")
    await siti.sends("Lewati")
    assert bot.phrase("complaint.summary") in siti.sees
    await siti.sends("batal")
    assert siti.sees == bot.phrase("form.cancel_question")
    await siti.taps("form.button.resume")
    await siti.sends("kirim")
    number, rt = bot.rows(select(ticket.c.number, ticket.c.rt))[0]
    assert siti.sees == bot.phrase("complaint.filed", number=number)
    assert rt == "05"


async def test_photos_can_be_taken_back(bot: Bot, siti: Warga):
    """A wrong photo is removed before Kirim; the question is asked anew."""
    await siti.sends_photo(picture(), "parit mampet")
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti.taps("complaint.photos.button.edit")
    assert bot.phrase("form.photos_so_far", count=1, most=5) in siti.sees
    await siti.taps("form.button.clear_photos")
    assert siti.sees == asked(bot, "photos", (5, 5))
    await siti.sends("kirim")
    assert bot.phrase("complaint.summary") in siti.sees
    assert bot.phrase("form.answer.photos", count=1) not in siti.sees


async def test_answers_that_do_not_fit_get_a_helpful_sentence(bot: Bot, siti: Warga):
    """The sentence says what is wanted, and the question is asked again."""
    await siti.sends("/lapor")
    await siti.sends("hm")
    assert siti.sees == asked(bot, "kind", (1, 4), notes=("form.expects.choice",))
    await siti.taps(KIND)
    await siti.sends("di")
    assert siti.sees == asked(bot, "place", (2, 4), notes=("form.text_too_short",))
    await siti._then(siti.person.sends_sticker())
    assert siti.sees == asked(bot, "place", (2, 4), notes=("form.expects.location",))
    await siti.taps("form.choice.rt", number="03")
    await siti._then(siti.person.sends_contact())
    assert siti.sees == asked(bot, "landmark", (3, 5), notes=("kind.contact",))
    await siti.sends("depan masjid")
    await siti.sends("parit mampet")
    await siti.sends("sebentar")
    assert siti.sees == asked(bot, "photos", (5, 5), notes=("form.expects.photo",))
    await siti._then(siti.person.sends_document(b"%PDF", "parit.pdf"))
    assert siti.sees == asked(bot, "photos", (5, 5), notes=("kind.file",))
    await siti.taps("form.button.skip")
    await siti.sends("tolong cepat ya pak")
    assert siti.sees.startswith(bot.phrase("form.use_buttons"))


async def test_a_photo_with_caption_answers_two_questions(bot: Bot, siti: Warga):
    """Sent at the first question: kept, and the question comes again."""
    await siti.sends("/lapor")
    await siti.sends_photo(picture(), "air hitam di parit")
    assert siti.sees == asked(bot, "kind", (1, 4), notes=("form.kept.photo",))
    await siti.taps(KIND)
    await siti.sends_location(-1.6, 103.6)
    assert bot.phrase("complaint.summary") in siti.sees
    assert "air hitam di parit" in siti.sees
    assert bot.phrase("form.answer.photos", count=1) in siti.sees


async def test_an_album_gets_one_answer(bot: Bot, siti: Warga):
    """Three photos at once are one answer, wherever they come."""
    await siti.sends("/lapor")
    before = len(siti.person.from_bot)
    await siti.sends_album([picture(s) for s in (1, 2, 3)], "air hitam di parit")
    assert len(siti.person.from_bot) == before + 1
    assert siti.sees == asked(bot, "kind", (1, 4), notes=("form.kept.photo",))
    assert len(answers(bot, siti)["photos"]["photos"]) == 3
    assert answers(bot, siti)["description"] == {"text": "air hitam di parit"}


async def test_an_album_of_seven_keeps_five_and_says_so(bot: Bot, siti: Warga):
    """The limit is told kindly, in one answer."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.sends_location(-1.6, 103.6)
    await siti.sends("parit mampet")
    before = len(siti.person.from_bot)
    await siti.sends_album([picture(s) for s in range(7)])
    assert len(siti.person.from_bot) == before + 1
    assert siti.sees.startswith(bot.phrase("form.too_many_photos", most=5))
    assert bot.phrase("form.answer.photos", count=5) in siti.sees
    assert len(answers(bot, siti)["photos"]["photos"]) == 5


async def test_the_place_on_the_map_may_come_at_any_step(bot: Bot, siti: Warga):
    """Before it is asked, and after an RT was tapped."""
    await siti.sends("/lapor")
    await siti.sends_location(-1.6, 103.6)
    assert siti.sees == asked(bot, "kind", (1, 4), notes=("form.kept.location",))
    await siti.taps(KIND)
    assert siti.sees == asked(bot, "description", (3, 4))
    await siti.taps("form.button.back")
    await siti.taps("form.choice.rt", number="05")
    await siti.sends_location(-1.61, 103.61)
    assert siti.sees == asked(bot, "description", (3, 4), notes=("form.kept.location",))
    assert answers(bot, siti)["place"] == {"choice": "05", "location": [-1.61, 103.61]}


async def test_a_voice_note_is_a_description(bot: Bot, siti: Warga):
    """At its step it is the answer; elsewhere it is kept for it."""
    await siti.sends("/lapor")
    await siti.sends_voice()
    assert siti.sees == asked(bot, "kind", (1, 4), notes=("form.kept.voice",))
    await siti.taps(KIND)
    await siti.sends_location(-1.6, 103.6)
    assert siti.sees == asked(bot, "photos", (4, 4))
    await siti.sends("lewati")
    label = bot.phrase("complaint.description.short")
    voice = bot.phrase("form.answer.voice")
    assert bot.phrase("form.summary_line", label=label, answer=voice) in siti.sees


async def test_a_story_at_a_choice_is_kept_as_description(bot: Bot, siti: Warga):
    """People write before they tap: no word is lost."""
    await siti.sends("/lapor")
    await siti.sends(STORY)
    assert siti.sees == asked(bot, "place", (2, 4), notes=("form.kept.text",))
    assert answers(bot, siti)["kind"] == {"choice": "blocked"}
    assert answers(bot, siti)["description"] == {"text": STORY}


@pytest.mark.parametrize("command", ["/menu", "/bantuan", "/laporan", "/start", "/apaini"])
async def test_a_command_in_the_middle_keeps_the_draft(bot: Bot, siti: Warga, command: str):
    """The command is answered, and the form offered again."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.sends(command)
    assert siti.sees == bot.phrase("form.resume_question")
    await siti.taps("form.button.resume")
    assert siti.sees == asked(bot, "place", (2, 4))


async def test_a_second_form_asks_which_of_the_two(bot: Bot, siti: Warga):
    """/lapor in the middle: go on, or begin anew."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.sends(bot.phrase("menu.complaint"))
    assert siti.sees == bot.phrase("form.open_already")
    await siti.taps("form.button.resume")
    assert siti.sees == asked(bot, "place", (2, 4))
    await siti.sends("/lapor")
    await siti.taps("form.button.restart")
    assert siti.sees == asked(bot, "kind", (1, 4))
    assert answers(bot, siti) == {}


async def test_a_restart_in_the_middle_loses_nothing(bot: Bot, admin: Warga, siti: Warga):
    """Stopped and started again between two answers: the form goes on, old buttons included."""
    await agrees(siti)
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await bot.stop()
    await siti.person.taps("RT 05")
    await siti.person.sends("depan masjid")
    await bot.start()
    await bot.settles()
    assert siti.sees == asked(bot, "description", (4, 5))
    await siti.sends("parit mampet")
    await bot.stop()
    await bot.start()
    await siti.taps("form.button.skip")
    await siti.taps("form.button.send")
    assert bot.rows(select(ticket.c.rt, ticket.c.landmark)) == [("05", "depan masjid")]


async def test_an_old_button_says_so_and_shows_the_current_step(bot: Bot, siti: Warga):
    """Scrolling up and tapping there changes nothing."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    old = siti.person.from_bot[-1]
    data = old["reply_markup"]["inline_keyboard"][-1][0]["callback_data"]
    await siti.sends("depan masjid")
    await siti.taps_data(old["message_id"], data)
    assert siti.notice == bot.phrase("form.old_button_continue")
    assert siti.sees == asked(bot, "description", (4, 5))
    assert bot.phrase("complaint.landmark.question") in siti.texts[-3]


async def test_a_double_tap_answers_once(bot: Bot, siti: Warga):
    """The second tap on the same button is only noted."""
    await siti.sends("/lapor")
    message = siti.person.from_bot[-1]
    data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await siti.person.taps_raw(message["message_id"], data)
    await siti.taps_data(message["message_id"], data)
    assert siti.sees == asked(bot, "place", (2, 4))
    assert siti.notice == bot.phrase("form.noted")
    assert siti.person.unanswered == []


async def test_a_double_tap_with_words_in_between_edits_once(bot: Bot, siti: Warga):
    """Telegram refuses an edit that changes nothing, whatever was said between the two."""
    await siti.sends("/bantar")
    message = siti.person.from_bot[-1]["message_id"]
    await siti.person.taps_raw(message, "topic:group:bersih")
    await siti.person.sends("/menu")
    await siti.taps_data(message, "topic:group:bersih")
    assert bot.simulator.stats.requests["editMessageText"] == 1
    assert siti.person.unanswered == []


async def test_a_tap_back_before_the_first_edit_arrived_is_not_lost(bot: Bot, siti: Warga):
    """The message shows in the end what was tapped last."""
    await siti.sends("/bantar")
    message = siti.person.from_bot[-1]
    await siti.person.taps_raw(message["message_id"], "topic:group:bersih")
    await siti.taps_data(message["message_id"], "topic:group")
    assert siti.message["text"] == message["text"]
    assert siti.message["reply_markup"] == message["reply_markup"]


FORGED = (
    "form:{other}:2:discard", "form:{other}:2:choose:05", "form:{other}:2:send",
    "form:{own}:{version}:send", "form:{own}:{version}:choose:99", "form:{own}:{version}:skip",
    "form:{own}:{version}:edit:rt", "form:{own}:{version}:edit:nothing",
    "form:{own}:{version}:restart:nothing", "form:{own}:{version}:explode",
    "form:{own}:-1:back", "form:", "form", "form:::::::::", "similar:{other}:same:1",
    "similar:{own}:different", "similar:", "report:add:DRN-2026-0001", "report:page:-1",
    "nothing:1", "consent:", "home:99", "home:",
)  # fmt: skip


async def test_forged_data_changes_nobodys_form(bot: Bot, siti: Warga, budi: Warga):
    """Callback data is checked: whose it is, and what state it is in."""
    for person in (budi, siti):
        await person.sends("/lapor")
        await person.taps(KIND)
    for forged in FORGED:
        kept = {row.telegram_id: row for row in bot.rows(select(draft))}
        own = kept[siti.id]
        data = forged.format(other=kept[budi.id].id, own=own.id, version=own.version)
        await siti.taps_data(siti.person.from_bot[-1]["message_id"], data)
        after = {row.telegram_id: row for row in bot.rows(select(draft))}
        assert after[budi.id] == kept[budi.id], data
        assert (after[siti.id].answers, after[siti.id].step) == (own.answers, own.step), data
        assert siti.person.unanswered == [], data
    assert bot.count(ticket) == 0
    assert bot.rows(select(inbox_table.c.id).where(inbox_table.c.state != "done")) == []


async def test_a_form_is_sent_once_whatever_is_repeated(bot: Bot, admin: Warga, siti: Warga):
    """Kirim tapped again and again, also delivered again by Telegram: one report, one card."""
    await agrees(siti)
    await fills_in(siti)
    message = siti.person.from_bot[-1]
    data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await siti.person.taps_raw(message["message_id"], data)
    await siti.person.taps_raw(message["message_id"], data)
    await siti.person.sends_update_again()
    await bot.settles()
    number = bot.rows(select(ticket.c.number))[0][0]
    assert siti.notice == bot.phrase("form.sent_already", number=number)
    await siti._then(siti.person.sends_update_again())
    assert (bot.count(ticket), bot.count(participation)) == (1, 1)
    assert [text for text in admin.texts if number in text] == [admin.sees]
    assert siti.texts.count(bot.phrase("complaint.filed", number=number)) == 1


async def test_an_update_delivered_twice_is_one_answer(bot: Bot, siti: Warga):
    """The same text again under the same number is no second answer."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.taps("form.choice.rt", number="03")
    await siti.sends("depan masjid")
    await siti._then(siti.person.sends_update_again())
    assert siti.sees == asked(bot, "description", (4, 5))
    assert "description" not in answers(bot, siti)


async def test_a_draft_is_kept_a_day_without_consent_and_a_week_with(
    bot: Bot, siti: Warga, budi: Warga
):
    """Then it is gone, from the chat and from the disk."""
    await agrees(budi)
    for person in (siti, budi):
        await person.sends("/lapor")
        await person.taps(KIND)
    now = datetime.now(UTC)
    expires = dict(tuple(r) for r in bot.rows(select(draft.c.telegram_id, draft.c.expires_at)))
    minute = timedelta(minutes=1)
    assert abs(expires[siti.id] - now - timedelta(hours=24)) < minute
    assert abs(expires[budi.id] - now - timedelta(days=7)) < minute

    later = now + timedelta(hours=25)
    await writes(bot, lambda db: drafts.remove_expired(db, later))
    assert [row[0] for row in bot.rows(select(draft.c.telegram_id))] == [budi.id]
    assert await writes(bot, lambda db: drafts.load(db, budi.id, now + timedelta(days=8))) is None
    await siti.taps("form.choice.rt", number="03")
    assert siti.notice == bot.phrase("form.old_button")


async def test_an_edited_message_is_explained(bot: Bot, siti: Warga):
    """Changing a sent message does not change the answer; the bot says how to."""
    await siti.sends("/lapor")
    await siti.taps(KIND)
    await siti.sends("dekat pasar")
    mine = siti.person.messages[-2]
    assert mine["text"] == "dekat pasar"
    await siti._then(siti.person.edits(mine["message_id"], "dekat sumur"))
    assert siti.sees == bot.phrase("form.edited_message")
    assert answers(bot, siti)["place"] == {"text": "dekat pasar"}
