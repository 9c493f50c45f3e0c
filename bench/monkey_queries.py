"""What the monkey bench asks the bot's database."""

from __future__ import annotations

WAITING = (
    "SELECT (SELECT count(*) FROM inbox WHERE state = 'new')"
    " + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending') AND not_before < :soon)"
    " + (SELECT count(*) FROM task WHERE state = 'queued' AND not_before < :soon)"
)
STATES = (
    "SELECT 'inbox', state, error, count(*) FROM inbox GROUP BY 2, 3 UNION ALL"
    " SELECT 'outbox', state, error, count(*) FROM outbox GROUP BY 2, 3"
)
# None is left of a person who had his data deleted, nor what answered him in that round.
EARLIER = "SELECT id FROM outbox WHERE chat_id = ? AND lane = 0 AND id <= ? LIMIT 1"
PROPOSED = (
    "SELECT t.id FROM ticket_media m JOIN ticket t ON t.id = m.ticket_id"
    " WHERE m.file_id = ? AND t.type = 'aspiration' AND NOT t.hidden LIMIT 1"
)
PLACES = (  # of gotong royong that mends a complaint: in the words of who filed it
    "SELECT o.place FROM occurrence o JOIN gotong_royong g ON g.id = o.gotong_royong_id"
    " JOIN ticket t ON t.id = g.ticket_id JOIN resident r ON r.id = t.reporter_id"
    " WHERE r.telegram_id = ?"
)
GIVEN_UP = (
    "SELECT id FROM outbox WHERE chat_id = ? AND state = 'failed' AND edits_id IS NOT NULL LIMIT 1"
)
LOST = "SELECT id, state, error, body FROM inbox WHERE state IN ('dead', 'poison') AND id > ?"
ANSWERS = (
    "SELECT chat_id, count(*) FROM outbox WHERE id > ? AND lane = 0"
    " AND method != 'answerCallbackQuery' GROUP BY chat_id"
)
SHARED = (  # tickets of which both persons are: who filed it, joined it, or added to it
    "WITH own(ticket_id, resident_id) AS (SELECT id, reporter_id FROM ticket UNION"
    " SELECT ticket_id, resident_id FROM ticket_follower UNION"
    " SELECT ticket_id, resident_id FROM ticket_event)"
    " SELECT DISTINCT t.number FROM own a JOIN own b USING (ticket_id)"
    " JOIN resident x ON x.id = a.resident_id JOIN resident y ON y.id = b.resident_id"
    " JOIN ticket t ON t.id = ticket_id WHERE x.telegram_id = ? AND y.telegram_id = ?"
)
