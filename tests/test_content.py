"""What people read: every phrase exists, is used, fits, and is Bahasa Indonesia."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from content import kosakata, phrases
from content.page_source import GROUPS
from content.phrases import (
    LABELS,
    MAX_LABEL,
    ContentError,
    Html,
    placeholders,
    problems,
    shortened,
    utf16_length,
)
from handlers import desk, desk_view, proposals
from handlers.exports import STAGES
from handlers.notices import OFF, ON
from handlers.routes import Trigger
from handlers.table import ROUTES, forms_of
from services import conversions, exports, messages, prints
from services.announcements import BLOCKED, GONE, NEVER, OTHER
from services.aspiration_form import PILLARS
from services.attendance import ANSWERS, CHECKLIST, CODE, CONFIRMED
from services.audiences import EVERYBODY, WHO
from services.audit import Act
from services.contributions import KINDS
from services.conversions import FIXABLE, RESCHEDULED
from services.deadlines import Owed
from services.forms import Kind, phrase_keys
from services.forwarding import AUTHORITIES
from services.outcome import Kind as Told
from services.outcome import Moment
from services.participation import ASSISTED, DIRECT, WHATSAPP, Activity, Stage
from services.recurrence import REPEATS
from services.recurring import PROPOSED
from services.reminders import Kind as Reminder
from services.residents import HOME_OUTSIDE, HOME_RT, HOME_UNASKED, HOME_UNKNOWN
from services.role_forms import label_of
from services.roles import INVITED, Role
from services.tickets import MOVES, REASONED, TYPES, State
from services.understanding import ACTIONS
from services.verdicts import BAD, GOOD, NOTHING
from storage.announcement_changes import CORRECT, RECALL
from storage.announcements import CANCELLED, DONE, PAUSED, RECALLED, SCHEDULED, SENDING
from storage.residents import Notice

ROOT = Path(__file__).parent.parent
PHRASES = phrases.load()
HOMES = (HOME_RT, HOME_OUTSIDE, HOME_UNKNOWN, HOME_UNASKED)
KEY = re.compile(r"^[a-z][a-z_]*(\.[a-z_0-9]+)+$")
SPEAKING = ("reply", "show", "notice", "notify", "reply_with_menu", "html", "text", "plain")
OPTIONS = {"alert", "buttons"}
ENGLISH = re.compile(
    r"\b(the|and|your|you|please|sorry|report|reports|send|click|error|number|with|for|of|not)\b",
    re.IGNORECASE,
)


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Every module that may say something to a person."""
    for folder in ("handlers", "services", "jobs"):
        for path in sorted((ROOT / folder).glob("*.py")):
            if not path.name.startswith("demo"):
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def constants() -> set[str]:
    """Keys that stand in the code as they are."""
    found = {
        node.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.match(node.value)
    }
    return found - {"aiohttp.access", *Act}  # a logger, and words of the audit trail


def built() -> set[str]:
    """Keys that the code puts together, from all values they can have."""
    keys: set[str] = set()
    for one in (page.form for page in forms_of(("03",)).values()):
        keys |= set(phrase_keys(one))
    kept = (Kind.PHOTO, Kind.VOICE, Kind.LOCATION)
    keys |= {"form.kept.text", *(f"form.kept.{kind}" for kind in kept)}
    keys |= {f"form.expects.{k}" for k in Kind if k not in (Kind.VOICE, Kind.CHOICES)}
    keys |= {f"home.thanks.{home}" for home in (HOME_RT, HOME_OUTSIDE, HOME_UNKNOWN)}
    for state in State:
        keys |= {f"report.state.{state}", f"short.state.{state}"}
    reached = {state for moves in MOVES.values() for state in moves}
    keys |= {f"ticket.moved.{state}" for state in reached}
    keys |= {f"desk.button.move.{state}" for state in reached}
    keys |= {f"reason.ask.{state}" for state in REASONED - {State.FORWARDED}}
    keys |= {f"{of}.moved.{state}" for of in ("aspiration", "proposal") for state in reached}
    keys |= {f"aspiration.button.move.{state}" for state in reached}
    answered = {State.DONE, *REASONED} - {State.FORWARDED}
    keys |= {f"aspiration.ask.{state}" for state in answered}
    keys |= {key for key in PHRASES.keys("aspiration.state.") if key.split(".")[2] in set(State)}
    keys |= {f"authority.name.{authority}" for authority in AUTHORITIES}
    reached = {state for moves in messages.MOVES.values() for state in moves}
    for what in ("moved", "button.move"):
        keys |= {f"message.{what}.{state}" for state in reached}
    keys |= {f"message.ask.{state}" for state in reached - {State.FORWARDED}}
    keys |= {f"message.state.{state}" for state in {*messages.MOVES, *reached}}
    kinds = ("filed", "edited", "added", "joined", "supported", "withdrawn", "confirmed")
    for kind in (*kinds, "reopened", "lasting", "broken"):
        keys |= {f"report.event.{kind}.{who}" for who in ("self", "other")}
        keys.add(f"desk.event.{kind}")
        keys.add(f"mydata.event.{kind}")
    for kind in ("written", "replied", "numbered"):
        who = "self" if kind == "replied" else "staff"
        keys |= {f"report.event.{kind}.{who}", f"desk.event.{kind}", f"mydata.event.{kind}"}
    keys |= {"report.event.expired.other", "desk.event.expired", "mydata.event.moved"}
    for kind in (conversions.OFF, RESCHEDULED, PROPOSED):
        keys |= {f"report.event.{kind}.staff", f"desk.event.{kind}", f"mydata.event.{kind}"}
    keys |= {f"mydata.home.{home}" for home in HOMES}
    keys |= {f"notice.{part}.{notice}" for part in ("what", "short") for notice in Notice}
    keys |= {f"notice.{part}.{how}" for part in ("line", "button", "turned") for how in (ON, OFF)}
    keys |= {f"mydata.file.{kind}" for kind in ("photo", "voice", "document")}
    keys |= {f"mydata.key.{key}" for key in keys_of_the_copy()}
    keys |= {f"ticket.type.{type_}" for type_ in TYPES}
    keys |= {f"proposal.{part}.{s}" for part in ("sort", "button.sort") for s in proposals.SORTS}
    keys |= {f"proposal.pillar.{pillar}" for pillar in (*PILLARS, proposals.ALL)}
    keys |= {f"proposal.button.pillar.{pillar}" for pillar in PILLARS}
    keys |= {f"proposal.button.{act}" for act in ("support", "unsupport")}
    for type_ in (*TYPES, desk_view.ALL):
        keys |= {f"desk.type.{type_}", f"desk.button.type.{type_}"}
    for group in desk.PILES:
        keys |= {f"desk.group.{group}", f"desk.button.group.{group}"}
    keys |= {f"desk.button.{act}" for act in ("hide", "show", "block", "unblock")}
    keys |= {f"card.reporter.{how}" for how in ("shown", "hidden", "sender")}
    for what in prints.WHATS:
        keys |= {f"assisted.{part}.{what}" for part in ("button", "coming", "caption", "file")}
    keys |= {f"help.{fact}" for fact in ("address", "hours", "phone")}
    keys |= {f"command.{route.name}" for route in ROUTES if route.trigger is Trigger.COMMAND}
    keys |= {f"gotong_royong.{part}.{a}" for part in ("button", "answered") for a in ANSWERS}
    keys |= {f"gotong_royong.every.{repeat}" for repeat in REPEATS}
    keys |= {
        f"gotong_royong.which.{which}" for which in (*(f"number{n}" for n in range(1, 5)), "last")
    }
    keys |= {f"presence.{state}" for state in ("begun", "noted", "claimed")}
    keys |= {f"mydata.way.{way}" for way in (CHECKLIST, CODE, CONFIRMED)}
    keys |= {f"aspiration.contributions.choice.{kind}" for kind in KINDS}
    keys |= {f"reminder.{kind}" for kind in Reminder}
    keys |= {f"reminder.answered.{answer}" for answer in ANSWERS}
    keys |= {f"deadline.target.{what}" for what in Owed}
    for when in ("past", "ahead"):
        keys |= {f"digest.week.{when}{part}" for part in ("", "_one", "_nobody")}
    keys |= {f"outcome.{kind}" for kind in (Told.ASK, Told.NUDGE)}
    keys |= {f"outcome.button.{moment}" for moment in Moment}
    keys |= {f"outcome.button.remove.{moment}" for moment in Moment}
    keys |= {f"conversion.title.{kind}" for kind in FIXABLE}
    keys |= {f"activity.{action}_which" for action in ("change", "cancel")}
    keys |= {f"topic.{what}.{group}" for what in ("button", "group") for group in GROUPS}
    columns = {"reporter"}.union(*(names for _, names in exports.EXPORTS.values()))
    keys |= {f"export.column.{name}" for name in columns}
    keys |= {f"export.verdict.{said}" for said in (GOOD, BAD, NOTHING)}
    keys |= {f"closing.{who}.{said}" for who in ("residents", "later") for said in (GOOD, BAD)}
    keys |= {f"export.stage.{stage.value}" for stage in Stage}
    keys |= {f"export.activity.{activity.value[0]}" for activity in Activity}
    for what in exports.IN_CHAT:
        keys |= {f"export.choice.{what}", f"export.file.{what}"}
    keys |= {f"export.question.{stage}" for stage in STAGES}
    keys |= {f"export.choice.all.{stage}" for stage in STAGES[1:]}
    keys |= {f"export.names.{how}" for how in ("with", "without")}
    keys |= {label_of(role) for role in (*INVITED, Role.ADMIN)}
    for state in (SCHEDULED, SENDING, PAUSED, DONE, CANCELLED, RECALLED):
        keys |= {f"announcement.state.{state}", f"announcement.short.{state}"}
    keys |= {f"announcement.failed.{why}" for why in (BLOCKED, GONE, OTHER, NEVER)}
    keys |= {f"announcement.whom.{who}" for who in WHO if who != EVERYBODY}
    keys |= {f"announcement.button.{act}" for act in ("pause", "resume")}
    for kind in (CORRECT, RECALL):
        keys |= {f"announcement.was.{kind}"}
        keys |= {f"change.{part}.{kind}" for part in ("progress", "done")}
        keys.add(f"change.done.{kind}_early")
    keys |= {f"change.{what}" for what in ("sent", "correct", "delete", "replace")}
    keys |= {"change.lost", "change.waiting"}
    keys |= {f"understanding.button.{action}" for action in ACTIONS}
    keys |= {f"understanding.greeting.{how}" for how in ("lain", "salam", "terima_kasih")}
    return keys | {f"export.channel.{channel}" for channel in (DIRECT, ASSISTED, WHATSAPP)}


def keys_of_the_copy() -> set[str]:
    """Names of what stands in the copy of one's data: those that are given to `_keyed`."""
    tree = ast.parse((ROOT / "services/my_data.py").read_text(encoding="utf-8"))
    found = {"number", "type", "state", "own"}  # shared by all tickets
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_keyed":
            found |= {keyword.arg for keyword in node.keywords if keyword.arg}
        elif isinstance(node, ast.FunctionDef) and node.name in ("_own_words", "_wish"):
            dicts = [n for n in ast.walk(node) if isinstance(n, ast.Dict)]
            found |= {str(k.value) for d in dicts for k in d.keys if isinstance(k, ast.Constant)}
    return found


def test_every_key_in_the_code_has_its_phrase():
    """A missing one would be an error in front of a person."""
    assert {key for key in constants() | built() if key not in PHRASES} == set()


def test_every_phrase_is_used():
    """What nobody reads is not kept."""
    assert set(PHRASES.keys()) - constants() - built() == set()


def said() -> Iterator[tuple[str, str, set[str]]]:
    """Phrases that the code says outright: where, which, and the values it gives them."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            keys = [
                a.value for a in node.args if isinstance(a, ast.Constant) and a.value in constants_
            ]
            generic = any(keyword.arg is None for keyword in node.keywords)
            if name in SPEAKING and keys and not generic:
                given = {str(keyword.arg) for keyword in node.keywords} - OPTIONS
                yield f"{path.name}:{node.lineno}", keys[0], given


constants_ = constants()


def test_phrases_get_exactly_the_values_they_have_places_for():
    """One too few is an error, one too many a misunderstanding."""
    wrong = [
        (where, key, sorted(given))
        for where, key, given in said()
        if given != placeholders(raw(key))
    ]
    assert len(list(said())) > 40
    assert wrong == []


def raw(key: str) -> str:
    """A phrase with its placeholders."""
    return str(PHRASES._texts[key])


def test_labels_fit_a_small_phone():
    """Also with their values: a long RT number, a whole ticket number."""
    values: dict[str, Any] = {"number": "005", "state": "diterima", "label": "Semua warga"}
    values["topic"] = "x" * MAX_LABEL
    values |= {"name": "Bapak Rahmat", "year": 2026}
    values |= {"n": "10.000", "count": 1000}
    for key in PHRASES.keys(""):
        if LABELS.search(key):
            number = "DRN-2026-0001" if key.startswith("report.") else "005"
            assert len(PHRASES.plain(key, **{**values, "number": number})) <= MAX_LABEL, key


def test_no_english_slipped_in():
    """Residents and staff read Bahasa Indonesia."""
    found = {
        key: ENGLISH.findall(re.sub(r"<[^>]*>|\{\w+\}", " ", raw(key))) for key in PHRASES.keys("")
    }
    assert {key: words for key, words in found.items() if words} == {}


def test_values_are_escaped_and_whole_phrases_are_not():
    """What a person typed is text; what we wrote is markup."""
    assert "&lt;b&gt; &amp;" in PHRASES.text("help.address", value="<b> &")
    assert "<b>x</b>" in PHRASES.text("help.address", value=Html("<b>x</b>"))
    assert "<b> &" in PHRASES.plain("help.address", value="<b> &")


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("a.b", " ", "is empty"),
        ("a.button.b", "x" * 25, "25 characters"),
        ("a.b", "x" * 4097, "longer than 4096"),
        ("a.b", "{number", "broken placeholder"),
        ("a.b", "Nomor {nomor}", "{nomor} is not filled in"),
        ("a.b", "<h1>x</h1>", "<h1> is not a tag"),
        ("a.b", "<b>x", "<b> is not closed"),
        ("a.b", "x</b>", "</b> closes nothing"),
        ("a.b", "<b>x</i>", "</i> closes nothing"),
    ],
)
def test_mistakes_in_a_phrase_are_told(key: str, text: str, problem: str):
    """In words for the person who edits it."""
    assert problem in " ".join(problems(key, text, {"number"}))


def test_a_broken_file_is_told_with_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every mistake at once, each with file, line and key."""
    monkeypatch.setattr(phrases, "CONTENT", tmp_path)
    monkeypatch.setattr(kosakata, "CONTENT", tmp_path)
    folder = tmp_path / "id"
    folder.mkdir()
    for load in (phrases.load, kosakata.load):
        with pytest.raises(ContentError):
            load()
    path = folder / "ui.po"
    path.write_text('msgid "a.b"\nmsgstr "<b>x"\n\nmsgid "c.d"\nmsgstr "<x>y</x>"\n')
    with pytest.raises(ContentError) as caught:
        phrases.load()
    assert [line.split(" ")[0] for line in caught.value.mistakes] == [
        f"{path}:1:", f"{path}:4:",
    ]  # fmt: skip
    (folder / "kosakata.toml").write_text("[bahaya]\n")
    with pytest.raises(ContentError, match="kosakata"):
        kosakata.load()


def test_cutting_counts_as_telegram_counts():
    """Signs beyond the basic plane count double, and none is cut in half."""
    water = "\U0001f4a7"
    assert utf16_length(water) == 2
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"
    assert shortened(water * 3, 6) == water * 3
    assert shortened(water * 4, 6) == water * 2 + "…"


# --- kosakata -------------------------------------------------------------------------------

WORDS = kosakata.load()


@pytest.mark.parametrize(
    "text",
    ["KEBAKARAN!!", "Toloooong ada kebakaaaran", "air sudah masuk ke rumah", "anak jatuh ke parit",
     "kabel putus,di jalan", "Bapak saya kesetrum"],
)  # fmt: skip
def test_danger_is_recognised(text: str):
    """Also shouted, drawn out, and with signs in between."""
    assert WORDS.names_danger(text)


@pytest.mark.parametrize(
    "text",
    ["parit mampet", "pemalingan arus air", "masuk gang kecil", "airnya bau", "", "api-api"],
)
def test_ordinary_trouble_is_no_danger(text: str):
    """Whole words only."""
    assert not WORDS.names_danger(text)


@pytest.mark.parametrize(
    ("text", "action"),
    [("Lewati", "skip"), ("dak ado", "skip"), ("KEMBALI!", "back"), ("batal.", "cancel"),
     ("kirim", "send"), ("oke", "send"), ("kirim dong", "send"), ("tidak jadi banjir", None)],
)  # fmt: skip
def test_words_stand_for_buttons(text: str, action: str | None):
    """Only when they are the whole message."""
    assert WORDS.action(text) == action


def test_no_button_word_is_two_buttons():
    """And none is a danger word."""
    import tomllib

    data = tomllib.loads((ROOT / "content/id/kosakata.toml").read_text(encoding="utf-8"))
    words = [kosakata.normal(word) for group in data["tombol"].values() for word in group]
    assert sorted(set(words)) == sorted(words)
    assert not any(WORDS.names_danger(word) for word in words)
    assert set(data["tombol"]) == {"back", "skip", "cancel", "send"}
