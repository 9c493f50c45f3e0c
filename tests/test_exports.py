"""Exports: what a planner opens in a spreadsheet, and what is never in it."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import complaint_in, resident_in
from sqlalchemy import Connection, create_engine

import bot as program
from content import phrases
from services import desk
from services import tickets as rules
from services.exports import ENCODING, Filter, audit_rows, complaint_rows, safe, write_csv
from services.roles import OPERATOR, Actor, NotAllowed, Role
from storage import exports as stored
from storage import participation, tables, ticket_files, tickets
from storage.residents import set_home

ZONE = ZoneInfo("Asia/Jakarta")
PHRASES = phrases.load()
NEW_YEAR = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)  # half past midnight in Jambi
OLD_YEAR = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
ROOT = Path(program.__file__).parent


def exported(db: Connection, what: str = "complaints", **wanted: Any) -> list[dict[str, str]]:
    """The rows of an export by column key."""
    out = io.StringIO()
    write_csv(out, db, OPERATOR, PHRASES, ZONE, what=what, wanted=Filter(**wanted))
    keys = {
        PHRASES.plain(key): key.removeprefix("export.column.")
        for key in PHRASES.keys("export.column.")
    }
    return [
        {keys[name]: value for name, value in row.items()}
        for row in csv.DictReader(io.StringIO(out.getvalue()))
    ]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+62811", "-5", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠a",
     "  =1", "\ufeff=1", " \ufeff +1", "=cmd|' /C calc'!A0"],
)  # fmt: skip
def test_text_like_a_formula_is_defused(text: str):
    """Whatever a person typed, a spreadsheet only shows it."""
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["parit = got", "RT 05", "", " x", -1.6, 0, None, "1+1"])
def test_other_cells_stay_as_they_are(cell: Any):
    """Numbers stay numbers, words stay words."""
    assert safe(cell) is cell


def test_a_formula_in_a_complaint_is_defused(db: Connection):
    """In every column that a person fills in."""
    actor = resident_in(db, 1, name="=name()")
    complaint_in(db, actor, description="=1+1", landmark="@x", point=(-1.6, 103.6), since="+1")
    [row] = exported(db, names=True)
    assert [row[key] for key in ("description", "landmark", "since", "reporter")] == [
        "'=1+1", "'@x", "'+1", "'=name()",
    ]  # fmt: skip
    assert (row["latitude"], row["longitude"]) == ("-1.6", "103.6")


def test_lines_and_quotes_survive(db: Connection):
    """As a person wrote them, with the line ends of RFC 4180."""
    words = 'parit "mampet",\nbau; sekali'
    complaint_in(db, resident_in(db, 1), description=words)
    assert exported(db)[0]["description"] == words
    out = io.StringIO()
    write_csv(out, db, OPERATOR, PHRASES, ZONE, what="complaints", wanted=Filter())
    assert out.getvalue().count("\r\n") == 2


def test_a_year_begins_at_midnight_in_the_zone(db: Connection):
    """Half past midnight on New Year's Day is the new year, though UTC is in the old one."""
    actor = resident_in(db, 1)
    old, new = (complaint_in(db, actor, now=at) for at in (OLD_YEAR, NEW_YEAR))
    assert (old.number, new.number) == ("DRN-2026-0001", "DRN-2027-0001")
    assert [row["number"] for row in exported(db, year=2026)] == [old.number]
    assert [row["number"] for row in exported(db, year=2027)] == [new.number]
    assert exported(db, year=2027)[0]["created"] == "2027-01-01 00:30:00"
    for year, row in ((2026, old), (2027, new)):
        assert [r["reference"] for r in exported(db, "participation", year=year)] == [row.number]


def test_an_export_can_be_narrowed_by_rt_and_state(db: Connection):
    """The RT of the place; the reporter's own where the place has none."""
    actor, other = resident_in(db, 1, rt="03"), resident_in(db, 2, rt="05")
    first, second = complaint_in(db, actor, rt="05"), complaint_in(db, other, rt=None)
    complaint_in(db, actor, rt="03")
    rules.withdraw(db, actor, first.number, first.created_at)
    assert [row["number"] for row in exported(db, rt="05")] == [first.number, second.number]
    assert [row["number"] for row in exported(db, state="dicabut")] == [first.number]
    assert exported(db, rt="05", state="diterima")[0]["reporter_rt"] == "05"
    assert len(exported(db, "participation", rt="03")) == 2


def test_names_only_when_asked_and_never_hidden_ones(db: Connection):
    """A planner needs places; a name that was to be hidden stays hidden."""
    complaint_in(db, resident_in(db, 1, name="Siti"))
    complaint_in(db, resident_in(db, 2, name="Budi"), hide_name=True)
    assert "reporter" not in exported(db)[0]
    assert [row["reporter"] for row in exported(db, names=True)] == ["Siti", ""]
    for names in (False, True):
        everything = str(exported(db, "participation", names=names))
        assert "Siti" not in everything
        assert "Budi" not in everything


def test_a_voice_note_is_named_by_its_file(db: Connection):
    """ "(pesan suara)" and the file that holds it, once it is kept."""
    row = complaint_in(db, resident_in(db, 1), description=None, voices=("v",), photos=("p",))
    photo, voice = ticket_files.media(db, row.id)
    ticket_files.keep_medium(
        db, voice.id, path=f"2026/{row.number}-voice-2.oga", sha256="", size=1
    )
    [cells] = exported(db)
    name = f"{row.number}-voice-2.oga"
    assert cells["description"] == PHRASES.plain("export.voice_only", file=name)
    assert cells["files"] == f"photo-{photo.id}, {name}"
    assert cells["photos"] == "1"


def test_coded_answers_are_told_in_words(db: Connection):
    """As on the buttons; words of one's own stay as they are."""
    actor = resident_in(db, 1)
    complaint_in(db, actor, depth="knee", since="week")
    complaint_in(db, actor, since="sejak lebaran")
    first, second = exported(db)
    assert first["kind"] == PHRASES.plain("complaint.kind.choice.blocked")
    assert first["depth"] == PHRASES.plain("complaint.depth.choice.knee")
    assert (first["since"], second["since"]) == (
        PHRASES.plain("complaint.since.choice.week"),
        "sejak lebaran",
    )


def test_the_participation_log_speaks_of_acts_not_of_persons(db: Connection):
    """Stage, activity, RT, a random id, and what it was about."""
    actor = resident_in(db, 1)
    row = complaint_in(db, actor, now=NEW_YEAR)
    set_home(db, actor.resident.id, "05", "rt")
    assert exported(db, "participation") == [
        {
            "at": "2027-01-01 00:30:00",
            "stage": PHRASES.plain("export.stage.monitoring"),
            "activity": PHRASES.plain("export.activity.complaint_filed"),
            "person_rt": "03",
            "person": actor.resident.pseudonym,
            "channel": PHRASES.plain("export.channel.direct"),
            "reference": row.number,
        }
    ]


def wish_in(db: Connection, actor: Any, **changes: Any) -> Any:
    """A filed aspiration, straight into the database; gives its ticket."""
    row = complaint_in(db, actor, **changes)
    number = row.number.replace("DRN", "ASP")
    db.execute(tables.complaint.delete().where(tables.complaint.c.ticket_id == row.id))
    change = tables.ticket.update().where(tables.ticket.c.id == row.id)
    db.execute(change.values(type="aspiration", number=number))
    return tickets.get(db, row.id)


def test_aspirations_and_complaints_are_apart(db: Connection):
    """Each in its own sheet, with the columns that it has."""
    actor = resident_in(db, 1, name="Siti")
    complaint = complaint_in(db, actor)
    wish = wish_in(db, actor, description="=lampu", point=(-1.6, 103.6), photos=("p",))
    tickets.follow(db, wish.id, resident_in(db, 2, name="Budi").resident.id, NEW_YEAR)
    assert [row["number"] for row in exported(db)] == [complaint.number]
    [row] = exported(db, "aspirations")
    assert (row["number"], row["description"]) == (wish.number, "'=lampu")
    assert (row["supporters"], row["photos"], row["reporter_rt"]) == ("1", "1", "03")
    assert (row["latitude"], row["longitude"], row["rt"]) == ("-1.6", "103.6", "03")
    assert {"kind", "depth", "since", "reporter"}.isdisjoint(row)
    [named] = exported(db, "aspirations", names=True)
    assert named["reporter"] == "Siti"


def test_aspirations_can_be_narrowed(db: Connection):
    """By year, RT and state, as complaints; a hidden name stays hidden."""
    actor = resident_in(db, 1, name="Siti", rt="03")
    old = wish_in(db, actor, now=OLD_YEAR, rt="05")
    new = wish_in(db, actor, now=NEW_YEAR, rt=None, hide_name=True)
    assert tickets.move(db, old.id, version=old.version, state="dicabut", now=NEW_YEAR)
    found = {
        "year": [row["number"] for row in exported(db, "aspirations", year=2027)],
        "rt": [row["number"] for row in exported(db, "aspirations", rt="03")],
        "state": [row["number"] for row in exported(db, "aspirations", state="dicabut")],
    }
    assert found == {"year": [new.number], "rt": [new.number], "state": [old.number]}
    assert [row["reporter"] for row in exported(db, "aspirations", names=True)] == ["Siti", ""]


def test_words_of_staff_are_no_additions_of_residents(db: Connection):
    """What staff wrote when they moved a ticket is not a neighbour's report."""
    actor = resident_in(db, 1)
    row = complaint_in(db, actor)
    for staff, words in ((None, "makin parah"), (99, "sudah dicek")):
        values = {"ticket_id": row.id, "at": NEW_YEAR, "kind": "added", "text": words}
        db.execute(tables.ticket_event.insert().values(**values, staff_id=staff))
    assert exported(db)[0]["additions"] == "makin parah"


def test_a_resident_may_not_export(db: Connection):
    """Only staff and the operator."""
    actor = resident_in(db, 1)
    with pytest.raises(NotAllowed):
        write_csv(io.StringIO(), db, actor, PHRASES, ZONE, what="complaints", wanted=Filter())
    with pytest.raises(NotAllowed):
        write_csv(io.StringIO(), db, actor, PHRASES, ZONE, what="aspirations", wanted=Filter())
    with pytest.raises(NotAllowed):
        write_csv(io.StringIO(), db, actor, PHRASES, ZONE, what="participation", wanted=Filter())


def test_an_export_reads_chunk_by_chunk(db: Connection, monkeypatch: pytest.MonkeyPatch):
    """The first row comes before the last is read, and the connection is as it was."""
    monkeypatch.setattr(stored, "EXPORT_CHUNK", 2)
    monkeypatch.setattr(participation, "EXPORT_CHUNK", 2)
    actor = resident_in(db, 1)
    for _ in range(7):
        complaint_in(db, actor)
    asked = []
    found = stored._of

    def watched(db: Connection, table: Any, ids: list[int]) -> Any:
        if table.name == "ticket_media":
            asked.append(ids)
        return found(db, table, ids)

    monkeypatch.setattr(stored, "_of", watched)
    rows = complaint_rows(db, OPERATOR, PHRASES, ZONE, Filter())
    next(rows)
    assert [len(ids) for ids in asked] == [2]
    assert len(list(rows)) == 6
    assert [len(ids) for ids in asked] == [2, 2, 2, 1]
    assert len(list(participation.rows(db, span=None, rt=None))) == 7
    assert participation.first_at(db) is not None
    rules.withdraw(db, actor, "DRN-2026-0001", NEW_YEAR)


def test_a_large_export_needs_no_more_memory(tmp_path: Path, empty_database: Path):
    """Four times the rows, the same peak."""
    peaks = []
    for count in (1500, 6000):
        path = tmp_path / f"{count}.db"
        shutil.copy(empty_database, path)
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as db:
            _fill(db, count)
            tracemalloc.start()
            with (tmp_path / "out.csv").open("w", encoding=ENCODING, newline="") as out:
                wanted = Filter()
                write_csv(out, db, OPERATOR, PHRASES, ZONE, what="complaints", wanted=wanted)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        engine.dispose()
    assert peaks[1] < 1.3 * peaks[0]


def _fill(db: Connection, count: int) -> None:
    ids = range(1, count + 1)
    at = {"created_at": NEW_YEAR, "updated_at": NEW_YEAR, "state": "diterima"}
    words = {"description": "parit mampet " * 40, "hide_name": False}
    rows = [
        {"id": n, "number": f"DRN-2027-{n:05d}", "draft_id": f"{n}", **at, **words} for n in ids
    ]
    db.execute(tables.ticket.insert(), rows)
    db.execute(tables.complaint.insert(), [{"ticket_id": n, "kind": "blocked"} for n in ids])


# --- the command ----------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path, empty_database: Path) -> Path:
    """The settings of an installation with one complaint by Siti."""
    database = tmp_path / "bantar.db"
    shutil.copy(empty_database, database)
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as db:
        complaint_in(db, resident_in(db, 1, name="Siti"), now=NEW_YEAR)
    engine.dispose()
    path = tmp_path / "config.toml"
    path.write_text(
        f'[telegram]\ntoken = "123456:TEST"\n[database]\nurl = "sqlite:///{database}"\n'
    )
    return path


def test_the_command_writes_a_file_that_excel_reads(
    config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """With its mark for UTF-8, and the filters of the command line."""
    monkeypatch.setattr(program, "set_up_logging", lambda: None)
    out = tmp_path / "out.csv"
    common = ["--config", str(config), "--out", str(out)]
    assert program.main(["export", "complaints", *common, "--names"]) == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "Siti" in out.read_text(encoding=ENCODING)
    assert capsys.readouterr().err == "1 rows\n"
    narrow = (["--year", "2026"], ["--rt", "05"], ["--state", "dicabut"])
    for options in narrow:
        assert program.main(["export", "complaints", *common, *options]) == 0
        assert len(out.read_text(encoding=ENCODING).splitlines()) == 1
    assert program.main(["export", "participation", *common, "--year", "2027"]) == 0
    assert len(out.read_text(encoding=ENCODING).splitlines()) == 2
    assert program.main(["export", "aspirations", *common, "--names"]) == 0
    assert len(out.read_text(encoding=ENCODING).splitlines()) == 1


def test_the_command_writes_to_standard_output(config: Path):
    """Nothing but the table there; the count goes beside it."""
    command = [sys.executable, "bot.py", "export", "complaints", "--config", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, b"1 rows\n")
    assert done.stdout.startswith(b"\xef\xbb\xbf")
    assert done.stdout.count(b"\r\n") == 2


def test_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """No database yet: one sentence with what to run, and status 2."""
    monkeypatch.setattr(program, "set_up_logging", lambda: None)
    path = tmp_path / "config.toml"
    path.write_text(
        f'[telegram]\ntoken = "123456:TEST"\n[database]\nurl = "sqlite:///{tmp_path}/none.db"\n'
    )
    assert program.main(["export", "complaints", "--config", str(path)]) == 2
    assert "python bot.py migrate" in capsys.readouterr().err


def test_the_audit_trail_can_be_read_by_who_answers_for_it(db: Connection):
    """What staff did, with role and subject; a planner does not see colleagues' acts."""
    clerk = Actor(77, Role.STAFF)
    row = complaint_in(db, resident_in(db, 1), now=NEW_YEAR)
    desk.move(db, clerk, row.id, version=0, state="diarsipkan", reason="rahasia", now=NEW_YEAR)
    [line] = exported(db, "audit", year=2027)
    assert (line["actor"], line["role"], line["act"], line["subject"], line["detail"]) == (
        "77", "staff", "ticket.move", row.number, "diterima → diarsipkan",
    )  # fmt: skip
    assert exported(db, "audit", year=2026) == []
    with pytest.raises(NotAllowed):
        list(audit_rows(db, Actor(5, Role.PLANNER), PHRASES, ZONE, Filter()))
