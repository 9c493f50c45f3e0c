"""The BANTAR bot.

`python bot.py run | demo | check | migrate | export | backup | restore --config FILE`
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config import ConfigError, load
from jobs.failures import Stop, set_up_logging

if TYPE_CHECKING:
    from jobs.backup import Outcome

INCOMPLETE = 1  # exit status: done, but not with every file
BAD = 2  # exit status: something must be mended before the bot can start


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    chosen = _parser().parse_args(arguments)
    set_up_logging()
    try:
        status: int = chosen.command(chosen)
        return status
    except KeyboardInterrupt:
        return 0
    except Exception as error:
        return _refuse(_sentences(error))


def _sentences(error: Exception) -> list[str]:
    """What the operator is told of an error that he can mend; any other is raised again."""
    from content.phrases import ContentError
    from storage import DatabaseError
    from storage.backups import BackupError
    from storage.database import DatabaseBusy
    from storage.schema import SchemaError

    match error:
        case ConfigError() | ContentError():
            return error.mistakes
        case Stop() | DatabaseBusy() | SchemaError() | BackupError():
            return [str(error)]
        case DatabaseError():
            return [f"database.url: the database does not answer ({type(error).__name__})"]
        case OSError():
            return [f"{error.filename or 'the system'}: {error.strerror}"]
        case _:
            raise error


def run(chosen: argparse.Namespace) -> int:
    """Run the bot until it is stopped."""
    from jobs.runtime import Runtime

    settings = load(chosen.config)

    async def serve() -> None:
        runtime = Runtime(settings)
        runtime.stop_on_signals()
        await runtime.run()

    asyncio.run(serve())
    return 0


def demo(chosen: argparse.Namespace) -> int:
    """Run the bot on made-up people, with a page to talk to it."""
    from jobs.demo import serve

    return serve(Path(chosen.folder), chosen.port)


def check(chosen: argparse.Namespace) -> int:
    """Name every mistake of configuration, content and database at once."""
    from jobs.check import mistakes, notes

    found = mistakes(chosen.config)
    if found:
        return _refuse(found)
    for note in notes(chosen.config):
        print(note)
    print("Everything is in order.")
    return 0


def migrate(chosen: argparse.Namespace) -> int:
    """Bring the database to the shape of this version."""
    from storage.schema import head
    from storage.schema import migrate as bring_up

    bring_up(load(chosen.config).database.url)
    print(f"The database is at revision {head()}.")
    return 0


def export(chosen: argparse.Namespace) -> int:
    """Write complaints, aspirations, participation or the audit trail as a spreadsheet file."""
    from content import phrases
    from services.exports import ENCODING, Filter, write_csv
    from services.roles import OPERATOR
    from storage.database import open_reader
    from storage.schema import require_head

    settings = load(chosen.config)
    require_head(settings.database.url)
    rt = _known_rt(chosen.rt, settings.rt_numbers)
    wanted = Filter(year=chosen.year, rt=rt, state=chosen.state, names=chosen.names)
    engine = open_reader(settings.database.url)
    target = chosen.out or sys.stdout.fileno()
    with open(target, "w", encoding=ENCODING, newline="", closefd=bool(chosen.out)) as out:
        with engine.connect() as db:
            count = write_csv(
                out, db, OPERATOR, phrases.load(), settings.kelurahan.zone,
                what=chosen.what, wanted=wanted,
            )  # fmt: skip
    engine.dispose()
    print(f"{count} rows", file=sys.stderr)
    return 0


def backup(chosen: argparse.Namespace) -> int:
    """Save database and media in one archive, also while the bot runs."""
    from jobs.backup import save

    return _told(save(load(chosen.config), chosen.out))


def restore(chosen: argparse.Namespace) -> int:
    """Put an archive back where no database and no media are yet."""
    from jobs.restore import restore as put_back

    os.umask(0o077)  # it is personal data: only for the user who runs the bot
    return _told(put_back(load(chosen.config), chosen.archive))


def _told(outcome: Outcome) -> int:
    """Say what was done; files that are not as they should be make the exit status 1."""
    for sentence in outcome.wrong:
        print(sentence, file=sys.stderr)
    print(outcome.done)
    return INCOMPLETE if outcome.wrong else 0


def _known_rt(rt: str | None, known: tuple[str, ...]) -> str | None:
    """The RT as the settings write it ("3" is 03); any, where they name none."""
    if rt is None or not known:
        return rt
    for number in known:
        if rt.lstrip("0") == number.lstrip("0"):
            return number
    raise Stop(f"--rt {rt}: no such RT; known: {', '.join(known)}.")


def _refuse(sentences: list[str]) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return BAD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bot.py", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command in (("run", run), ("check", check), ("migrate", migrate)):
        _add_config(_command(commands, name, command))
    _add_export(_command(commands, "export", export))
    saving = _command(commands, "backup", backup)
    _add_config(saving)
    saving.add_argument("--out", type=Path, required=True, help="archive to write, such as x.tar")
    restoring = _command(commands, "restore", restore)
    _add_config(restoring)
    restoring.add_argument(
        "--from", dest="archive", type=Path, required=True, help="archive to put back"
    )
    trial = _command(commands, "demo", demo)
    trial.add_argument("--port", type=int, default=8090, help="of the page (default 8090)")
    trial.add_argument("--folder", default="data/demo", help="of the demo's database and media")
    return parser


def _command(commands: Any, name: str, command: Callable[[argparse.Namespace], int]) -> Any:
    parser = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
    parser.set_defaults(command=command)
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, default=Path("config.toml"), help="settings (default config.toml)"
    )


def _add_export(parser: argparse.ArgumentParser) -> None:
    from services.tickets import State

    _add_config(parser)
    parser.add_argument("what", choices=("complaints", "aspirations", "participation", "audit"))
    parser.add_argument("--format", choices=("csv",), default="csv")
    parser.add_argument("--out", help="file to write (default: standard output)")
    parser.add_argument(
        "--year",
        type=int,
        choices=range(2000, 2101),
        metavar="YEAR",
        help="only this year, in the kelurahan's zone",
    )
    parser.add_argument("--rt", help="only this RT, such as 05")
    parser.add_argument(
        "--state",
        choices=tuple(State),
        metavar="STATE",
        help=f"only this state: {', '.join(State)}",
    )
    parser.add_argument("--names", action="store_true", help="with the reporters' names")


if __name__ == "__main__":
    sys.exit(main())
