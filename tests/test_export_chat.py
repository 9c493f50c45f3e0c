"""/ekspor: a planner asks in the chat, and the file comes as a document."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Bot, Warga, complaint_in, resident_in, writes
from rig import refused
from sqlalchemy import Connection, select, update

import bot as program
from content import kosakata
from handlers.table import world
from jobs import clock, sender, uploads
from jobs import exports as making
from jobs import tasks as slow_work
from jobs.signals import Signals
from jobs.watchdog import Pulse
from services import export_requests
from services.exports import ENCODING, Filter
from services.learning import Learned
from services.roles import Actor, NotAllowed, Role
from storage import roles, tasks
from storage.roles import Grant
from storage.tables import audit, outbox, role_grant, task, ticket

NOW = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
LABELS = {"complaints": "laporan", "aspirations": "usulan", "participation": "partisipasi"}


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_work, "IDLE_SECONDS", 0.02)


@pytest.fixture
async def rina(bot: Bot) -> Warga:
    """A planner."""
    person = bot.person(601, "Rina")
    await writes(bot, lambda db: roles.put(db, Grant(601, "planner", [], "Rina"), by=99, now=NOW))
    await person.sends("/menu")
    return person


@pytest.fixture
async def data(bot: Bot) -> None:
    """Complaints of two years and RTs, one of them with a formula, and an aspiration."""

    def fill(db: Connection) -> None:
        siti, budi = resident_in(db, 301, "Siti"), resident_in(db, 501, "Budi", rt="05")
        complaint_in(db, siti, description="=1+1", now=NOW)
        complaint_in(db, budi, rt="05", landmark="@pasar", hide_name=True, now=NOW)
        complaint_in(db, budi, rt="05", now=NOW - timedelta(days=400))
        wish = complaint_in(db, siti, description="+ lampu jalan", now=NOW)
        change = update(ticket).where(ticket.c.id == wish.id)
        db.execute(change.values(type="aspiration", number="ASP-2026-0001"))

    await writes(bot, fill)


async def asks(person: Warga, what: str, *labels: str) -> None:
    """Tap through the questions up to "send?"; the labels are years, RTs and states."""
    await person.sends("/ekspor")
    await person.taps(f"export.choice.{what}")
    for label in labels:
        if label.isdecimal():
            await person._then(person.person.taps(label))
        elif label.startswith("RT "):
            await person.taps("form.choice.rt", number=label[3:])
        else:
            await person.taps(label)


ALL = ("export.choice.all.year", "export.choice.all.rt", "export.choice.all.state")


async def arrives(person: Warga) -> tuple[str, bytes]:
    """Wait for the next document; gives its name and its bytes."""
    bot, before = person.bot, len(documents(person))
    await bot.tasks_done()
    await bot.settles()
    await bot.until(lambda: len(documents(person)) >= max(before, 1))
    document = documents(person)[-1]["document"]
    return document["file_name"], bot.simulator.world.files.by_id[document["file_id"]].data


def documents(person: Warga) -> list[dict[str, Any]]:
    return [message for message in person.person.from_bot if "document" in message]


def by_cli(bot: Bot, folder: Path, what: str, *options: str) -> bytes:
    """What the command line writes with the same filters."""
    config = folder / "config.toml"
    config.write_text(
        f'[telegram]\ntoken = "123456:TEST"\n[database]\nurl = "{bot.settings.database.url}"\n'
    )
    out = folder / "cli.csv"
    arguments = ["export", what, "--config", str(config), "--out", str(out), *options]
    assert program.main(arguments) == 0
    return out.read_bytes()


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(ENCODING), newline="")))


def trail(bot: Bot) -> list[tuple[Any, ...]]:
    query = select(audit.c.act, audit.c.actor, audit.c.subject, audit.c.detail)
    return [tuple(row) for row in bot.rows(query.order_by(audit.c.id))]


@pytest.mark.parametrize(
    ("what", "labels", "options"),
    [
        ("complaints", ALL, ()),
        ("complaints", ("2026", "RT 05", "short.state.diterima"),
         ("--year", "2026", "--rt", "05", "--state", "diterima")),
        ("complaints", ("2025", *ALL[1:]), ("--year", "2025")),
        ("aspirations", ALL, ()),
        ("aspirations", (ALL[0], "RT 03", ALL[2]), ("--rt", "03")),
        ("participation", ("2026", "RT 05"), ("--year", "2026", "--rt", "05")),
    ],
)  # fmt: skip
async def test_the_file_is_what_the_command_line_writes(
    bot: Bot, rina: Warga, data: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    what: str, labels: tuple[str, ...], options: tuple[str, ...],
):  # fmt: skip
    """Byte for byte, under an Indonesian name, with a caption that says what it holds."""
    monkeypatch.setattr(program, "set_up_logging", lambda: None)
    await asks(rina, what, *labels)
    await rina.taps("export.button.send")
    name, content = await arrives(rina)
    assert content == by_cli(bot, tmp_path, what, *options)
    count = len(read(content))
    assert count > 0
    assert re.fullmatch(rf"{LABELS[what]}-\d{{4}}-\d\d-\d\d\.csv", name)
    assert bot.phrase(f"export.choice.{what}") in rina.sees
    assert f"{count} baris" in rina.sees
    assert "WIB" in rina.sees
    for option, value in zip(options[::2], options[1::2], strict=True):
        shown = {
            "--rt": f"RT {value}",
            "--state": bot.phrase("short.state.diterima"),
            "--year": value,
        }[option]
        assert shown in rina.sees
    assert "Siti" not in content.decode(ENCODING)
    [(act, actor, subject, detail)] = trail(bot)
    assert (act, actor, subject) == ("export", 601, what)
    assert detail.endswith(f"names=no rows={count}")
    await bot.until(lambda: list(folder(bot).iterdir()) == [])  # gone once it is sent


def folder(bot: Bot) -> Path:
    return Path(bot.settings.media.folder) / "exports"


async def test_formulas_are_defused(bot: Bot, rina: Warga, data: None):
    """In the chat as on the command line."""
    for what in ("complaints", "aspirations"):
        await asks(rina, what, *ALL)
        await rina.taps("export.button.send")
        _, content = await arrives(rina)
        cells = [cell for row in read(content) for cell in row.values()]
        assert not any(cell.startswith(("=", "+", "@")) for cell in cells)
        assert {"complaints": "'=1+1", "aspirations": "'+ lampu jalan"}[what] in cells


async def test_names_only_when_said_twice_and_noted(bot: Bot, admin: Warga, data: None):
    """A hidden name stays hidden; taking names has a line of its own in the trail."""
    await asks(admin, "complaints", *ALL)
    assert bot.phrase("export.names.without") in admin.sees
    await admin.taps("export.button.names")
    assert admin.message["text"] == bot.phrase("export.names_question")
    assert trail(bot) == []
    await admin.taps("export.button.named")
    _, content = await arrives(admin)
    names = [row[bot.phrase("export.column.reporter")] for row in read(content)]
    assert names == ["Siti", "", "Budi"]
    assert bot.phrase("export.names.with") in admin.sees
    assert [line[0] for line in trail(bot)] == ["export.names", "export"]
    assert trail(bot)[1][3] == "names=yes rows=3"


async def test_second_thoughts_about_names(bot: Bot, admin: Warga, data: None):
    """No: the file comes without them."""
    await asks(admin, "complaints", *ALL)
    await admin.taps("export.button.names")
    await admin.taps("export.button.nameless")
    _, content = await arrives(admin)
    assert b"Siti" not in content
    assert [line[0] for line in trail(bot)] == ["export"]


async def test_the_log_offers_neither_state_nor_names(bot: Bot, rina: Warga, data: None):
    """It has none."""
    await asks(rina, "participation", ALL[0], ALL[1])
    assert bot.phrase("export.button.names") not in rina.buttons
    assert rina.message["text"].startswith(bot.phrase("export.confirm", filters="").strip())
    await rina.taps_data(rina.message["message_id"], "export:participation:all:all:all:named")
    assert rina.notice == bot.phrase("form.old_button")
    assert bot.count(task) == 0


async def test_a_question_can_be_left_and_begun_anew(bot: Bot, rina: Warga, data: None):
    """Batal, and from the start."""
    await asks(rina, "complaints", *ALL)
    await rina.taps("form.button.restart")
    assert rina.message["text"] == bot.phrase("export.question.what")
    await rina.taps("form.button.cancel")
    assert rina.message["text"] == bot.phrase("export.cancelled")
    assert bot.count(task) == 0


async def test_years_are_those_with_data(bot: Bot, rina: Warga, data: None):
    """From the first act to this year, newest first."""
    await asks(rina, "complaints")
    this = datetime.now(bot.settings.kelurahan.zone).year
    years = [label for label in rina.buttons if label.isdecimal()]
    assert years == [str(year) for year in range(this, 2024, -1)][:5]


@pytest.mark.parametrize(
    "tail", ["x", "complaints:1999", "complaints:all:99", "complaints:all:all:=1", "tickets:all",
             "complaints:all:all:all:x", "participation:all:all:all:named", ":::::", "all"],
)  # fmt: skip
async def test_crafted_buttons_export_nothing(bot: Bot, rina: Warga, tail: str):
    """Callback data is input like any other."""
    await rina.sends("/ekspor")
    await rina.taps_data(rina.message["message_id"], f"export:{tail}")
    assert bot.count(task) == 0
    assert rina.person.unanswered == []
    refused(bot.simulator)  # the same question again is "not modified"


@pytest.mark.parametrize("role", [None, "staff", "rt_head"])
async def test_only_planners_and_administrators_export(bot: Bot, siti: Warga, role: str | None):
    """Neither by command nor by a crafted button."""
    if role is not None:
        grant = Grant(siti.id, role, ["03"] if role == "rt_head" else [], "Siti")
        await writes(bot, lambda db: roles.put(db, grant, by=99, now=NOW))
    await siti.sends("/ekspor")
    assert siti.sees == bot.phrase("role.not_allowed")
    await siti.taps_data(siti.message["message_id"], "export:complaints:all:all:all:send")
    assert siti.notice == bot.phrase("role.not_allowed")
    assert bot.rows(select(task).where(task.c.kind == "export")) == []


async def test_an_administrator_exports_too(bot: Bot, admin: Warga, data: None):
    """He has the permission by the settings."""
    await asks(admin, "complaints", *ALL)
    await admin.taps("export.button.send")
    _, content = await arrives(admin)
    assert len(read(content)) == 3


# --- what happens on the way ------------------------------------------------------------------


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Slow work waits until the returned patch is undone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "due", lambda db, now, limit: [])
        yield patch


async def test_who_lost_his_role_meanwhile_gets_nothing(
    bot: Bot, rina: Warga, data: None, held: pytest.MonkeyPatch
):
    """It is looked up again when the work is done, and said kindly."""
    await asks(rina, "complaints", *ALL)
    await rina.taps("export.button.send")
    await writes(bot, lambda db: roles.remove(db, rina.id))
    held.undo()
    await bot.tasks_done()
    await bot.settles()
    assert documents(rina) == []
    assert bot.phrase("export.not_allowed", filters="").strip() in rina.sees
    assert trail(bot) == []
    assert [path.name for path in folder(bot).glob("*")] == []


async def test_a_role_that_goes_while_the_file_is_written(
    bot: Bot, rina: Warga, data: None, monkeypatch: pytest.MonkeyPatch
):
    """The last look is in the transaction that lets the file go."""
    write_file = making.Exports._write_file

    def slow(self: Any, *args: Any) -> int:
        rows = write_file(self, *args)
        gone.append(1)
        while bot.count(role_grant):
            pass
        return rows

    gone: list[int] = []
    monkeypatch.setattr(making.Exports, "_write_file", slow)
    await asks(rina, "complaints", *ALL)
    await rina.taps("export.button.send")
    await bot.until(lambda: bool(gone))
    await writes(bot, lambda db: roles.remove(db, rina.id))
    await bot.tasks_done()
    await bot.settles()
    assert documents(rina) == []
    assert trail(bot) == []
    assert list(folder(bot).iterdir()) == []


async def test_a_double_tap_gives_one_file(
    bot: Bot, rina: Warga, data: None, held: pytest.MonkeyPatch
):
    """Also when the second tap comes after the first file; another question is a new one."""
    await asks(rina, "complaints", *ALL)
    message = rina.message["message_id"]
    await rina.taps("export.button.send")
    again = "export:complaints:all:all:all:send"
    await rina.taps_data(message, again)
    assert rina.notice == bot.phrase("export.running")
    held.undo()
    await arrives(rina)
    await rina.taps_data(message, again)
    assert rina.notice == bot.phrase("export.running")
    await asks(rina, "complaints", *ALL)
    await rina.taps("export.button.send")
    await arrives(rina)
    assert len(documents(rina)) == 2


async def test_a_restart_between_asking_and_writing(
    bot: Bot, rina: Warga, data: None, held: pytest.MonkeyPatch
):
    """The request is a row: the next process does it, once."""
    await asks(rina, "complaints", *ALL)
    await rina.taps("export.button.send")
    await bot.stop()
    held.undo()
    await bot.start()
    await arrives(rina)
    assert len(documents(rina)) == 1


async def test_a_long_export_does_not_hold_up_the_end(bot: Bot, rina: Warga, data: None):
    """It stops in the middle, leaves nothing behind, and is begun anew by the next process."""
    begun: list[Any] = []

    def endless(out: Any, *args: Any, **options: Any) -> int:
        begun.append(out)
        while True:
            out.write("x")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "write_csv", endless)
        patch.setattr(making, "MAX_BYTES", 10**12)
        await asks(rina, "complaints", *ALL)
        await rina.taps("export.button.send")
        await bot.until(lambda: bool(begun))
        async with asyncio.timeout(5):
            await bot.stop()
        await bot.until(lambda: list(folder(bot).iterdir()) == [])
    await bot.start()
    _, content = await arrives(rina)
    assert len(read(content)) == 3


async def test_a_process_that_dies_while_it_sends(bot: Bot, rina: Warga, data: None):
    """The document is a row with its file: the next process sends it, marked as a repeat."""
    start = sender.Sender._start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sender.Sender,
            "_start",
            lambda self, row: None if row.method == "sendDocument" else start(self, row),
        )
        await asks(rina, "complaints", *ALL)
        await rina.person.taps(bot.phrase("export.button.send"))
        await bot.until(lambda: [row.state for row in rows_of(bot)] == ["sending"])
        await bot.stop()
    assert [path.suffix for path in folder(bot).iterdir()] == [".csv"]
    await bot.start()
    _, content = await arrives(rina)
    assert len(read(content)) == 3
    assert len(documents(rina)) == 1
    assert [(row.state, row.possibly_repeated) for row in rows_of(bot)] == [("sent", True)]
    assert [line[0] for line in trail(bot)] == ["export"]


def rows_of(bot: Bot) -> list[Any]:
    """The documents in the outbox."""
    return bot.rows(select(outbox).where(outbox.c.method == "sendDocument"))


async def test_work_that_is_done_twice_sends_once(
    bot: Bot, rina: Warga, data: None, held: pytest.MonkeyPatch
):
    """Two processes took the same task: one message, one line in the trail."""
    await asks(rina, "complaints", *ALL)
    await rina.taps("export.button.send")
    found = bot.rows(select(task.c.id, task.c.kind, task.c.payload, task.c.attempts))
    assert bot._runtime is not None
    database = bot._runtime.database
    assert database is not None
    shared = world(
        bot.settings, bot.phrases, kosakata.load(), bot._runtime._pages, Learned(Path()), "bot"
    )
    twin = making.Exports(database, shared, Signals())
    for _ in range(2):
        await twin.do(tasks.Task(*found[0]))
    await arrives(rina)
    assert len(documents(rina)) == 1
    assert [line[0] for line in trail(bot)] == ["export"]


async def test_an_upload_whose_outcome_is_unknown_is_repeated_and_marked(
    bot: Bot, rina: Warga, data: None, monkeypatch: pytest.MonkeyPatch
):
    """The file stays until Telegram has surely taken it."""
    monkeypatch.setattr(sender, "LONGEST_BACK_OFF", 0.05)
    bot.simulator.faults.next("sendDocument", "status", times=2, code=502)
    await asks(rina, "complaints", *ALL)
    await rina.taps("export.button.send")
    _, content = await arrives(rina)
    assert len(read(content)) == 3
    [row] = rows_of(bot)
    assert (row.state, row.possibly_repeated) == ("sent", True)
    await bot.until(lambda: list(folder(bot).iterdir()) == [])


async def test_a_file_too_large_for_telegram_is_refused_kindly(
    bot: Bot, rina: Warga, data: None, monkeypatch: pytest.MonkeyPatch
):
    """With the way that is left: a smaller part, or the command line."""
    monkeypatch.setattr(making, "MAX_BYTES", 300)
    await asks(rina, "complaints", *ALL)
    await rina.taps("export.button.send")
    await bot.tasks_done()
    await bot.settles()
    assert documents(rina) == []
    assert "bot.py export" in rina.sees
    assert list(folder(bot).iterdir()) == []
    assert bot.rows(select(task.c.state).where(task.c.kind == "export")) == [("done",)]


async def test_a_full_disk_is_tried_again(
    bot: Bot, rina: Warga, data: None, monkeypatch: pytest.MonkeyPatch
):
    """Nothing half-written is ever sent."""
    monkeypatch.setattr(slow_work, "RETRY_AFTER", (timedelta(seconds=0.01),) * 5)
    real, failures = os.fsync, [OSError(28, "No space left on device")]

    def fsync(number: int) -> None:
        if failures and stat.S_ISREG(os.fstat(number).st_mode):
            raise failures.pop()
        real(number)

    monkeypatch.setattr(making.os, "fsync", fsync)
    await asks(rina, "complaints", *ALL)
    await rina.taps("export.button.send")
    _, content = await arrives(rina)
    assert failures == []
    assert len(read(content)) == 3
    assert len(documents(rina)) == 1


async def test_the_clock_removes_what_was_left(bot: Bot, tmp_path: Path):
    """After a day, only files of ours, only in that folder, and never through a link."""
    exports = tmp_path / "media" / "exports"
    exports.mkdir(parents=True)
    outside = tmp_path / "7.csv"
    outside.write_text("x")
    for name in ("1.csv", "2.csv", "3.77.part", "notes.txt"):
        (exports / name).write_text("x")
        if name != "2.csv":
            os.utime(exports / name, (1, 1))
    (exports / "8.csv").symlink_to(outside)
    os.utime(outside, (1, 1))
    uploads.tidy(tmp_path / "nothing", datetime.now(UTC))
    assert bot._runtime is not None
    assert bot._runtime.database is not None
    running = bot._runtime
    media, keep = tmp_path / "media", bot.settings.retention
    await clock.Clock(running.database, running.due, media, Pulse(), keep).tick()
    assert sorted(path.name for path in exports.iterdir()) == ["2.csv", "8.csv", "notes.txt"]
    assert outside.exists()


def test_a_file_that_is_sent_while_the_folder_is_tidied_is_in_nobodys_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The sender removes it between two looks; the rest is tidied all the same."""
    folder = tmp_path / uploads.FOLDER
    folder.mkdir()
    files = [folder / "1.csv", folder / "2.csv"]
    for file in files:
        file.touch()
    real = Path.is_symlink

    def is_symlink(path: Path) -> bool:
        files[0].unlink(missing_ok=True)
        return real(path)

    monkeypatch.setattr(Path, "is_symlink", is_symlink)
    monkeypatch.setattr(Path, "iterdir", lambda _folder: iter(files))
    uploads.tidy(tmp_path, datetime.now(UTC) + timedelta(days=2))
    assert not files[1].exists()


@pytest.mark.parametrize("name", ["../bantar.db", "exports/../../7.csv", "/etc/passwd", "7.csv",
                                  "exports/notes.txt", "exports/a/7.csv"])  # fmt: skip
def test_only_files_for_export_are_uploaded(tmp_path: Path, name: str):
    """Whatever stands in a row of the outbox."""
    assert uploads.below(tmp_path, "exports/7.csv") == tmp_path / "exports/7.csv"
    with pytest.raises(ValueError, match="outside"):
        uploads.below(tmp_path, name)


# --- the rules, on both engines ---------------------------------------------------------------


def test_one_export_at_a_time_for_each_person(db: Connection):
    """And none twice from the same message."""
    planner, other = Actor(1, Role.PLANNER), Actor(2, Role.ADMIN)

    def asked(actor: Actor, message_id: int | None) -> bool:
        return export_requests.ask(
            db, actor, "complaints", Filter(), message_id=message_id, now=NOW
        )

    assert asked(planner, 5)
    assert not asked(planner, 6)
    assert asked(other, 5)
    [first, _] = tasks.due(db, now=NOW, limit=9)
    assert tasks.finish(db, first.id)
    assert not tasks.finish(db, first.id)
    assert not asked(planner, 5)
    assert asked(planner, 6)
    request = export_requests.Request.of(first.payload)
    assert (request.telegram_id, request.what, request.wanted) == (1, "complaints", Filter())


def test_what_may_not_be_asked_for(db: Connection):
    """Without the permission; names where there are none."""
    with pytest.raises(NotAllowed):
        export_requests.ask(
            db, Actor(1, Role.STAFF), "complaints", Filter(), message_id=1, now=NOW
        )
    with pytest.raises(ValueError, match="participation"):
        export_requests.ask(
            db, Actor(1, Role.ADMIN), "participation", Filter(names=True), message_id=1, now=NOW
        )
    assert tasks.of_kind(db, "export") == []
