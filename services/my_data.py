"""A copy of all that is kept of one person (UU 27/2022, access), as one JSON file."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from content.phrases import Phrases
from services.amounts import Amount
from services.exports import file_name, local
from services.roles import Actor, Permission
from storage import Connection, Row, my_data, questions, tasks

KIND = "my_data"  # of the slow work


class Nothing(Exception):
    """Nothing is kept of the person."""


def ask(db: Connection, actor: Actor, now: datetime) -> bool:
    """Queue the copy; False if the person waits for one already.

    Raises:
        Nothing: see there.
    """
    actor.require(Permission.READ)
    if actor.resident is None:
        raise Nothing
    for state, payload in tasks.of_kind(db, KIND):
        if state == "queued" and payload["telegram_id"] == actor.telegram_id:
            return False
    tasks.add(db, KIND, {"telegram_id": actor.telegram_id}, now)
    return True


class Copy:
    """Puts the copy together; keys and words are phrases, so that the owner can read them."""

    def __init__(self, db: Connection, phrases: Phrases, zone: ZoneInfo) -> None:
        self._db = db
        self._phrases = phrases
        self._zone = zone

    def of(self, telegram_id: int, now: datetime) -> dict[str, Any]:
        """All that is kept of a person.

        Raises:
            Nothing: see there.
        """
        me = my_data.person(self._db, telegram_id)
        if me is None:
            raise Nothing
        role = my_data.role(self._db, telegram_id)
        return self._keyed(
            made=self._at(now),
            profile=self._profile(me),
            consent=self._keyed(version=me.consent_version, at=self._at(me.consent_at)),
            roles=[
                self._keyed(role=self._word(f"role.choice.{role.role}", role.role), rts=role.rts)
            ]
            if role
            else [],
            tickets=self._tickets(me),
            answers=[
                self._keyed(
                    title=row.title,
                    when=self._at(row.starts_at),
                    answer=self._word(f"gotong_royong.button.{row.answer}", row.answer),
                    at=self._at(row.at),
                )
                for row in my_data.answers(self._db, me.id)
            ],
            came=[self._came(row) for row in my_data.came(self._db, me.id)],
            claims=[
                self._keyed(title=row.title, when=self._at(row.starts_at), at=self._at(row.at))
                for row in my_data.claims(self._db, me.id)
            ],
            brought=[self._brought(row) for row in my_data.brought(self._db, me.id)],
            questions=questions.of_asker(self._db, me.pseudonym),
            participation=[self._act(row) for row in my_data.acts(self._db, me.pseudonym)],
            unsent=self._unsent(telegram_id),
        )

    def _profile(self, me: Row[Any]) -> dict[str, Any]:
        home = me.rt or self._phrases.plain(f"mydata.home.{me.home}")
        return self._keyed(
            telegram_id=me.telegram_id,
            name=me.name,
            home=home,
            pseudonym=me.pseudonym,
            news=self._keyed(
                announcements=self._yes(me.wants_announcements),
                gotong_royong=self._yes(me.wants_gotong_royong),
                follow_ups=self._yes(me.wants_follow_ups),
                lessons=self._yes(me.wants_lessons),
            ),
            blocked=self._yes(me.blocked),
        )

    def _tickets(self, me: Row[Any]) -> list[dict[str, Any]]:
        """What he filed with all its words and answers; of others' tickets only what he added."""
        events = my_data.own_events(self._db, me.id) + my_data.written_to(self._db, me.id)
        events.sort(key=lambda one: int(one.id))
        media = my_data.own_media(self._db, me.id)
        found = []
        for row in my_data.tickets(self._db, me.id):
            shared = {
                "number": row.number,
                "type": self._phrases.plain(f"ticket.type.{row.type}"),
                "state": self._phrases.plain(f"report.state.{row.state}"),
                "own": self._yes(row.reporter_id == me.id),
            }
            own = self._own_words(row) if row.reporter_id == me.id else {}
            lines = [self._event(one) for one in events if one.ticket_id == row.id]
            files = [self._file(one) for one in media if one.ticket_id == row.id]
            found.append(self._keyed(**shared, **own, timeline=lines, files=files))
        return found

    def _own_words(self, row: Row[Any]) -> dict[str, Any]:
        return {
            "created": self._at(row.created_at),
            "kind": self._word(f"complaint.kind.choice.{row.kind}", row.kind),
            "topic": row.topic,
            "rt": row.rt,
            "landmark": row.landmark,
            "latitude": row.latitude,
            "longitude": row.longitude,
            "description": row.description,
            "depth": self._word(f"complaint.depth.choice.{row.depth}", row.depth),
            "since": self._word(f"complaint.since.choice.{row.since}", row.since),
            "hide_name": self._yes(row.hide_name),
            "on_behalf": row.on_behalf,
            "authority": self._word(f"authority.name.{row.authority}", row.authority),
            "outside_number": row.outside_number,
            **self._wish(row),
        }

    def _wish(self, row: Row[Any]) -> dict[str, Any]:
        """What only an aspiration has, where it was answered."""
        if row.contributions is None:
            return {}
        words = [f"aspiration.contributions.choice.{one}" for one in row.contributions]
        return {
            "problem": row.problem,
            "pillar": self._word(f"aspiration.pillar.choice.{row.pillar}", row.pillar),
            "field": self._word(f"aspiration.field.choice.{row.field}", row.field),
            "households": row.households,
            "contributions": [self._phrases.plain(key) for key in words],
            "volume": str(Amount(row.volume, row.unit)) if row.volume else None,
        }

    def _event(self, row: Row[Any]) -> dict[str, Any]:
        what = self._phrases.plain(f"mydata.event.{row.kind}")
        return self._keyed(at=self._at(row.at), event=what, words=row.text)

    def _file(self, row: Row[Any]) -> dict[str, Any]:
        what = self._phrases.plain(f"mydata.file.{row.kind}")
        name = file_name(row)
        return self._keyed(file=what, file_name=name, size=row.size, sha256=row.sha256)

    def _came(self, row: Row[Any]) -> dict[str, Any]:
        way = self._phrases.plain(f"mydata.way.{row.way}")
        return self._keyed(title=row.title, when=self._at(row.starts_at), way=way)

    def _brought(self, row: Row[Any]) -> dict[str, Any]:
        return self._keyed(
            title=row.title,
            when=self._at(row.starts_at),
            contributions=self._phrases.plain(f"aspiration.contributions.choice.{row.kind}"),
            words=row.words,
            offered=self._at(row.offered_at) if row.offered_at else None,
            given=self._at(row.given_at) if row.given_at else None,
        )

    def _act(self, row: Row[Any]) -> dict[str, Any]:
        return self._keyed(
            at=self._at(row.at),
            stage=self._phrases.plain(f"export.stage.{row.stage}"),
            activity=self._phrases.plain(f"export.activity.{row.activity}"),
            rt=row.rt,
            reference=row.reference,
        )

    def _unsent(self, telegram_id: int) -> dict[str, Any] | None:
        row = my_data.open_form(self._db, telegram_id)
        return self._keyed(answers=row.answers, until=self._at(row.expires_at)) if row else None

    def _keyed(self, **values: Any) -> dict[str, Any]:
        """The values under names that a person understands."""
        return {self._phrases.plain(f"mydata.key.{key}"): value for key, value in values.items()}

    def _at(self, moment: datetime) -> str:
        return local(moment, self._zone)

    def _yes(self, value: bool) -> str:
        return self._phrases.plain("mydata.yes" if value else "mydata.no")

    def _word(self, key: str, value: str | None) -> str | None:
        """The label of a choice; what was typed stands as it is."""
        return self._phrases.plain(key) if key in self._phrases else value
