"""Formatted text: Telegram's HTML and explicit entities, with Telegram's own errors."""

import re
from typing import Any

from simulator.rules import MAX_ENTITIES, Json, bad, units

SIMPLE_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));?")
TAG_NAME = re.compile(r"[^\s>]*")
ATTRIBUTE = re.compile(
    r"\s*(?P<name>[^\s=>/]+)(?:\s*=\s*(?:\"(?P<d>[^\"]*)\"|'(?P<s>[^']*)'|(?P<b>[\w.\-]+)))?"
)
COMMAND = re.compile(r"(?<![\w/<>@.:])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


def _reason(text: str) -> str:
    return f"can't parse entities: {text}"


def _unescape(match: re.Match[str]) -> str:
    in_hex, in_decimal, name = match.groups()
    if name:
        return NAMED[name]
    code = int(in_hex, 16) if in_hex else int(in_decimal)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return match.group(0)
    return chr(code)


class _Parser:
    """Walks through HTML once; `out` is the text so far, `open` the tags not yet closed."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.out: list[str] = []
        self.length = 0
        self.open: list[tuple[str, int, dict[str, str]]] = []
        self.found: list[Json] = []

    def run(self) -> tuple[str, list[Json]]:
        position = 0
        while (start := self.source.find("<", position)) >= 0:
            self._text(self.source[position:start])
            position = self._tag(start)
        self._text(self.source[position:])
        if self.open:
            name = self.open[-1][0]
            raise bad(_reason(f'Can\'t find end tag corresponding to start tag "{name}"'))
        self.found.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.out), self.found

    def _byte(self, position: int) -> int:
        return len(self.source[:position].encode())

    def _text(self, piece: str) -> None:
        if piece:
            piece = REFERENCE.sub(_unescape, piece) if "&" in piece else piece
            self.out.append(piece)
            self.length += units(piece)

    def _tag(self, start: int) -> int:
        closing = self.source.startswith("/", start + 1)
        name_start = start + 2 if closing else start + 1
        match = TAG_NAME.match(self.source, name_start)
        name = match.group(0) if match else ""
        after = name_start + len(name)
        if closing:
            return self._close(start, name.lower(), after)
        if after >= len(self.source):
            raise bad(_reason(f"Unclosed start tag at byte offset {self._byte(start)}"))
        name = name.lower()
        if name not in SIMPLE_TAGS:
            where = self._byte(start)
            raise bad(_reason(f'Unsupported start tag "{name}" at byte offset {where}'))
        attributes, end = self._attributes(start, name, after)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            where = self._byte(start)
            raise bad(_reason(f'Tag "span" must have class "tg-spoiler" at byte offset {where}'))
        self.open.append((name, self.length, attributes))
        return end

    def _attributes(self, start: int, name: str, position: int) -> tuple[dict[str, str], int]:
        attributes: dict[str, str] = {}
        while True:
            while self.source[position : position + 1].isspace():
                position += 1
            if position >= len(self.source):
                raise bad(_reason(f"Unclosed start tag at byte offset {self._byte(start)}"))
            if self.source[position] == ">":
                return attributes, position + 1
            match = ATTRIBUTE.match(self.source, position)
            if match is None:
                where = self._byte(start)
                raise bad(
                    _reason(
                        "Expected equal sign in declaration of an attribute of the tag "
                        f'"{name}" at byte offset {where}'
                    )
                )
            value = match["d"] if match["d"] is not None else match["s"] or match["b"] or ""
            attributes[match["name"].lower()] = REFERENCE.sub(_unescape, value)
            position = match.end()

    def _close(self, start: int, name: str, after: int) -> int:
        where = self._byte(start)
        if not self.open:
            raise bad(_reason(f"Unexpected end tag at byte offset {where}"))
        end = self.source.find(">", after)
        if end < 0:
            raise bad(_reason(f"Unclosed end tag at byte offset {where}"))
        expected, offset, attributes = self.open.pop()
        if name not in ("", expected):
            raise bad(
                _reason(
                    f'Unmatched end tag at byte offset {where}, expected "</{expected}>", '
                    f'found "</{name}>"'
                )
            )
        if self.length > offset:
            entity = self._entity(expected, offset, attributes)
            if entity is not None:
                self.found.append(entity)
        return end + 1

    def _entity(self, name: str, offset: int, attributes: dict[str, str]) -> Json | None:
        entity: Json = {
            "type": SIMPLE_TAGS[name],
            "offset": offset,
            "length": self.length - offset,
        }
        if name == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        elif name == "code" and self.open and self.open[-1][0] == "pre":
            language = attributes.get("class", "")
            if language.startswith("language-"):
                self.open[-1][2]["language"] = language.removeprefix("language-")
            return None
        elif name == "pre" and attributes.get("language"):
            entity["language"] = attributes["language"]
        elif name == "a":
            return self._link(entity, attributes)
        return entity

    def _link(self, entity: Json, attributes: dict[str, str]) -> Json | None:
        text = "".join(self.out)
        shown = text.encode("utf-16-le")[2 * entity["offset"] :].decode("utf-16-le")
        url = attributes.get("href") or shown
        if url.startswith("tg://user?id="):
            entity["type"] = "text_mention"
            entity["user_id"] = url.removeprefix("tg://user?id=")
            return entity
        if "." not in url and not url.startswith("tg://"):
            return None  # Telegram drops a link that leads nowhere and keeps its text
        entity["url"] = url if "://" in url or url.startswith("mailto:") else f"http://{url}/"
        return entity


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Text and entities of a message written in Telegram's HTML."""
    if "<" not in source and "&" not in source:
        return source, []
    return _Parser(source).run()


def check_entities(text: str, entities: Any) -> list[Json]:
    """Explicit entities, refused when they do not fit the text."""
    if not isinstance(entities, list):
        raise bad("can't parse entities JSON object")
    total = units(text)
    checked: list[Json] = []
    for entity in entities:
        if not isinstance(entity, dict) or not {"type", "offset", "length"} <= entity.keys():
            raise bad(_reason('Can\'t find field "type", "offset" or "length" of an entity'))
        start, end = int(entity["offset"]), int(entity["offset"]) + int(entity["length"])
        if start < 0 or end < start:
            raise bad(f"entity begins at a wrong UTF-16 offset {start}")
        if end > total:
            raise bad(
                f"entity beginning at UTF-16 offset {start} ends after the end of the text "
                f"at UTF-16 offset {end}"
            )
        if end > start:
            checked.append(entity)
    return checked


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """The text without white space around it, entities moved along."""
    stripped = text.strip()
    if len(stripped) == len(text):
        return text, entities
    lead = units(text[: len(text) - len(text.lstrip())])
    total = units(stripped)
    moved = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        end = min(total, entity["offset"] - lead + entity["length"])
        if end > start:
            moved.append({**entity, "offset": start, "length": end - start})
    return stripped, moved


def found_entities(text: str) -> list[Json]:
    """Commands and links that Telegram itself finds in a text."""
    found: list[Json] = []
    if "/" not in text:
        return found
    for kind, pattern in (("bot_command", COMMAND), ("url", LINK)):
        for match in pattern.finditer(text):
            found.append(
                {
                    "type": kind,
                    "offset": units(text[: match.start()]),
                    "length": units(match.group(0)),
                }
            )
    return found


def formatted(text: str, parse_mode: str, entities: Any) -> tuple[str, list[Json]]:
    """What becomes of a text a bot sends: visible text and its entities."""
    text = text.replace("\r", "")
    found: list[Json] = []
    mode = parse_mode.lower()
    if mode == "html":
        text, found = parse_html(text)
    elif mode in ("markdown", "markdownv2"):
        raise bad(f"parse_mode {parse_mode} is unsupported by this simulator")
    elif mode:
        raise bad("unsupported parse_mode")
    elif entities is not None:
        found = check_entities(text, entities)
    text, found = trimmed(text, found)
    automatic = [
        entity
        for entity in found_entities(text)
        if not any(_overlap(entity, other) for other in found)
    ]
    if automatic:
        found = sorted([*found, *automatic], key=lambda e: (e["offset"], -e["length"]))
    return text, found[:MAX_ENTITIES]


def _overlap(one: Json, other: Json) -> bool:
    apart = (
        one["offset"] >= other["offset"] + other["length"]
        or other["offset"] >= one["offset"] + one["length"]
    )
    return not apart and other["type"] in ("text_link", "code", "pre", "url", "bot_command")
