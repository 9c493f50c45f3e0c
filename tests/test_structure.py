"""The shape of the house: who imports what, how long things are, what is named and described."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from content import phrases
from handlers.routes import Trigger
from handlers.table import ROUTES
from services.roles import PERMISSIONS, Permission

ROOT = Path(__file__).parent.parent
OURS = {"bot", "config", "content", "handlers", "jobs", "services", "simulator", "storage"}
MODULE_LINES = 300
FUNCTION_LINES = 45
INDONESIAN = re.compile(
    r"\b(yang|dan|untuk|tidak|dengan|sudah|belum|mohon|silakan|bapak|ibu|laporan|adalah|dari|di)\b",
    re.IGNORECASE,
)
PEOPLE_OF_THE_DEMO = ("jobs/demo_data.py", "jobs/demo.py")  # what made-up persons type


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Every Python file that is run: its path, its text, its tree."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.split("/")[0] in {*OURS, "bot.py", "config.py"} and "/versions/" not in name:
            text = path.read_text(encoding="utf-8")
            yield name, text, ast.parse(text)


MODULES = list(modules())


def imports(tree: ast.Module) -> set[str]:
    """Top-level names of the packages that a module imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def importers(package: str) -> set[str]:
    """Top-level folders and files that import a package."""
    return {name.split("/")[0] for name, _, tree in MODULES if package in imports(tree)}


def test_sql_stays_in_storage():
    """Nobody else knows what a query is."""
    assert importers("sqlalchemy") == {"storage"}
    assert importers("alembic") == {"storage"}
    assert importers("aiosqlite") == {"storage"}


def test_telegram_stays_at_the_edge():
    """Rules and storage know no chat."""
    # the simulator reads Telegram's published limits, and nothing else of the library
    assert importers("telegram") - {"simulator"} <= {"handlers", "jobs", "bot.py"}
    for name, _, tree in MODULES:
        if name.startswith("simulator/"):
            named = {
                n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module
            }
            assert {m for m in named if m.split(".")[0] == "telegram"} <= {"telegram.constants"}, (
                name
            )


def test_imports_go_down_only():
    """bot → jobs → handlers → services → storage, content → config."""
    allowed = {
        "config.py": set(),
        "content": {"config"},
        "storage": {"config"},
        "services": {"config", "content", "storage"},
        "handlers": {"config", "content", "storage", "services"},
        "jobs": {"config", "content", "storage", "services", "handlers"},
        "simulator": set(),
    }
    for name, _, tree in MODULES:
        own = name.split("/")[0]
        if own == "bot.py":
            continue
        more = {"simulator"} if name in PEOPLE_OF_THE_DEMO else set()
        assert imports(tree) & OURS - {own} <= allowed[own] | more, name


def test_every_route_names_a_permission_that_somebody_has():
    """And no two routes want the same thing."""
    granted = frozenset().union(*PERMISSIONS.values())
    assert all(isinstance(route.needs, Permission) and route.needs in granted for route in ROUTES)
    ways = [(route.trigger, route.name) for route in ROUTES]
    assert len(set(ways)) == len(ways)
    assert {trigger for trigger, _ in ways} == set(Trigger)


def test_commands_are_described_and_menu_labels_unique():
    """Telegram shows both."""
    known = phrases.load()
    commands = [route.name for route in ROUTES if route.trigger is Trigger.COMMAND]
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name in commands)
    assert {key.split(".")[1] for key in known.keys("command.")} == set(commands)
    assert all(len(known.plain(f"command.{name}")) <= 256 for name in commands)
    labels = [known.plain(route.menu) for route in ROUTES if route.menu]
    assert len(set(labels)) == len(labels)


def test_tap_routes_do_not_hide_each_other():
    """`x` takes `x:…`: so no route may be `x` while another is `x:y`."""
    names = [route.name for route in ROUTES if route.trigger is Trigger.TAP]
    assert all(re.fullmatch(r"[a-z]+(:[a-z]+)?", name) for name in names)
    assert len(set(names)) == len(names)
    whole = {name for name in names if ":" not in name}
    assert [name for name in names if ":" in name and name.split(":")[0] in whole] == []


@pytest.mark.parametrize("name", [name for name, _, _ in MODULES])
def test_modules_and_functions_stay_short(name: str):
    """Whoever reads one sees its end."""
    _, text, tree = next(module for module in MODULES if module[0] == name)
    assert len(text.splitlines()) <= MODULE_LINES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES, node.name


def test_modules_and_public_functions_say_what_they_are_for():
    """A module without a docstring makes its reader guess."""
    silent = []
    for name, _, tree in MODULES:
        if ast.get_docstring(tree) is None:
            silent.append(name)
        for node in tree.body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and ast.get_docstring(node) is None:
                silent.append(f"{name}:{node.name}")
    assert silent == []


def test_sentences_for_people_stand_in_the_content():
    """No Indonesian sentence in Python: staff could not change it."""
    found = []
    for name, _, tree in MODULES:
        if name in PEOPLE_OF_THE_DEMO:
            continue
        documented = {
            ast.get_docstring(n, clean=False) for n in ast.walk(tree) if has_docstring(n)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = INDONESIAN.findall(node.value)
                if node.value not in documented and len(node.value.split()) > 2 and words:
                    found.append((name, node.value))
    assert found == []


def has_docstring(node: ast.AST) -> bool:
    """Whether a node may begin with a docstring."""
    return isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)


def test_nothing_is_left_to_do_later():
    """What is not built is absent."""
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert [name for name, text, _ in MODULES if pattern.search(text)] == []


def test_the_commands_of_the_program_are_in_the_readme():
    """Whoever runs the bot finds every word of its command line."""
    readme = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    )
    text = (ROOT / "bot.py").read_text(encoding="utf-8")
    words = re.search(r"python bot\.py ([a-z |-]+?) --config", text)
    assert words is not None
    commands = words[1].split(" | ")
    assert len(commands) >= 5
    assert [word for word in commands if not re.search(rf"\b{word}\b", readme)] == []
