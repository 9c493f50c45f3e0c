"""All routes and forms of the bot, in one visible place."""

from __future__ import annotations

from config import Settings
from content.kosakata import Vocabulary
from content.pages import Shelf
from content.phrases import Phrases
from handlers import (
    activities,
    announcements,
    aspirations,
    attendance,
    complaints,
    consent,
    desk,
    desk_acts,
    exports,
    fallback,
    forms,
    gotong_royong,
    reports,
    roles,
    start,
    topics,
)
from handlers.routes import Route
from handlers.world import FormPage, World
from services.announcements import form as announcement_form
from services.aspirations import form as aspiration_form
from services.complaint_form import addition_form, form
from services.roles import Permission

ROUTES: tuple[Route, ...] = (
    *start.ROUTES,
    *consent.ROUTES,
    *topics.ROUTES,
    *complaints.ROUTES,
    *aspirations.ROUTES,
    *reports.ROUTES,
    *announcements.ROUTES,
    *gotong_royong.ROUTES,
    *activities.ROUTES,
    *attendance.ROUTES,
    *desk.ROUTES,
    *desk_acts.ROUTES,
    *roles.ROUTES,
    *exports.ROUTES,
    *forms.ROUTES,
    *fallback.ROUTES,
)


def world(
    settings: Settings, phrases: Phrases, vocabulary: Vocabulary, pages: Shelf, username: str
) -> World:
    """Put together what every unit shares."""
    return World(
        settings=settings,
        phrases=phrases,
        vocabulary=vocabulary,
        pages=pages,
        forms={
            "complaint": FormPage(form(settings.rt_numbers), complaints.submit),
            "addition": FormPage(addition_form(), reports.submit_addition),
            "announcement": FormPage(
                announcement_form(settings.rt_numbers),
                announcements.submit,
                needs=Permission.ANNOUNCE,
            ),
            **activities.forms_of(settings.rt_numbers),
            "aspiration": FormPage(aspiration_form(settings.rt_numbers), aspirations.submit),
            "reason": FormPage(
                desk_acts.reason_form(),
                desk_acts.submit_reason,
                needs=Permission.HANDLE_TICKETS,
                values=desk_acts.reason_values,
            ),
            roles.INVITE: FormPage(
                roles.invite_form(settings.rt_numbers),
                roles.submit_invite,
                needs=Permission.MANAGE_ROLES,
            ),
            roles.RTS: FormPage(
                roles.rts_form(settings.rt_numbers),
                roles.submit_rts,
                needs=Permission.MANAGE_ROLES,
                values=roles.values,
            ),
        },
        username=username,
    )
