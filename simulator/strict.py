"""Requests, answers and updates checked against aiogram's models, unknown fields refused.

aiogram was written independently of the library the bot uses, so a misunderstanding has to
happen twice before it passes. Its models allow unknown fields; the walk below does not.
"""

import json
from collections.abc import Iterator
from typing import Any

import aiogram.methods
from aiogram.types import Update
from pydantic import BaseModel, TypeAdapter, ValidationError

from simulator.call import Call
from simulator.rules import ApiError, Json, bad
from simulator.updates import Raw

OBJECTS = frozenset(
    (
        "reply_markup",
        "entities",
        "caption_entities",
        "media",
        "reply_parameters",
        "link_preview_options",
        "commands",
        "scope",
        "menu_button",
        "allowed_updates",
    )
)


class Strict:
    """Checks with one adapter per method, made when it is first needed."""

    def __init__(self) -> None:
        self._methods: dict[str, type[BaseModel]] = {}
        self._answers: dict[str, TypeAdapter[Any]] = {}
        for name in aiogram.methods.__all__:
            found = getattr(aiogram.methods, name)
            method = getattr(found, "__api_method__", None)
            if isinstance(method, str):
                self._methods[method] = found

    def check_call(self, call: Call) -> None:
        """Refuse a request with a missing, malformed or unknown parameter."""
        model = self._methods[call.method]
        params = {name: _decoded(name, value) for name, value in call.params.items()}
        for name in call.files:
            if name in model.model_fields:
                params.setdefault(name, f"attach://{name}")
        try:
            wrong = list(unknown_fields(model.model_validate(params), call.method))
        except ValidationError as error:
            wrong = _lines(error)
        if wrong:
            raise bad(f"strict: {call.method}: {'; '.join(wrong)}")

    def check_result(self, method: str, result: Any) -> None:
        """A wrong answer is a mistake of the simulator, not of the bot."""
        if isinstance(result, Raw):
            return  # updates were checked when they were queued
        adapter = self._answers.get(method)
        if adapter is None:
            returning: Any = getattr(self._methods[method], "__returning__")  # noqa: B009
            adapter = self._answers[method] = TypeAdapter(returning)
        try:
            wrong = list(unknown_fields(adapter.validate_python(result), method))
        except ValidationError as error:
            wrong = _lines(error)
        if wrong:
            raise ApiError(f"strict: answer of {method}: {'; '.join(wrong)}", 500)

    def check_update(self, update: Json) -> None:
        """An update no real server would send is a mistake of the simulator or of the test."""
        try:
            wrong = list(unknown_fields(Update.model_validate(update), "update"))
        except ValidationError as error:
            wrong = _lines(error)
        if wrong:
            raise ValueError(f"strict: {'; '.join(wrong)}")


def _decoded(name: str, value: Any) -> Any:
    if name in OBJECTS and isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if name == "reply_markup" and isinstance(value, dict) and "keyboard" in value:
        return {**value, "keyboard": _as_buttons(value["keyboard"])}
    return value


def _as_buttons(rows: Any) -> Any:
    """Telegram takes plain labels for reply buttons; aiogram's model does not."""
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return rows
    return [[{"text": cell} if isinstance(cell, str) else cell for cell in row] for row in rows]


def _lines(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5]]


def unknown_fields(value: Any, where: str) -> Iterator[str]:
    """Every field below a model that the model does not know."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"unknown field {where}.{name}"
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from unknown_fields(item, f"{where}[{number}]")
