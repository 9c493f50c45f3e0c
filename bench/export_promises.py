"""What the crash bench holds the bot to in data that is taken out."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from bench.verdict import Promise, audited, none

if TYPE_CHECKING:
    from bench.crash import Bench


def exports(bench: Bench) -> list[Promise]:
    """What was asked for came as one document, repeats apart, and stands in the trail."""
    asked = bench.tally.mixed.exports
    tasks = [row[0] for row in bench.rows("SELECT id FROM task WHERE kind = 'export'")]
    made = bench.rows(
        "SELECT key, params, possibly_repeated FROM outbox WHERE method = 'sendDocument'"
        " AND (state = 'sent' OR error = 'erased')"  # somebody left: it is not sent, or taken back
    )
    rows = [row for row in made if row[1]]
    documents = Counter(key for key, _params, _repeated in made)
    captions = [_read(json.loads(params)["caption"]) for _key, params, _repeated in rows]
    wanted = Counter(captions)
    arrived = Counter(
        message["text"].strip()
        for message in bench.simulator.world.sent
        if message["method"] == "sendDocument"
    )
    taken_back = len(made) - len(rows)
    repeatable = {caption for caption, row in zip(captions, rows, strict=True) if row[2]}
    lost = [number for number in tasks if documents[f"export:{number}"] != 1]
    named = sum(with_names for _person, with_names in asked)
    return [
        none("exports asked for and not queued, or twice", abs(len(tasks) - len(asked))),
        none("exports without exactly one document", len(lost)),
        none(f"documents lost, of {len(rows)}", (wanted - arrived).total()),
        none(
            "documents doubled and never in flight",
            max(0, len(set(arrived - wanted) - repeatable) - taken_back),
        ),
        none("exports without their line in the trail", len(made) - audited(bench, "export")),
        none("exports with names, not noted", named - audited(bench, "export.names")),
    ]


def _read(markup: str) -> str:
    """Telegram HTML as a person reads it."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()
