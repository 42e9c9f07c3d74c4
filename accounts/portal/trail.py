"""Settings / Audit: who did what in this organization."""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string

from accounts.core.ids import BadId, decode, encode
from accounts.core.trail import VERBS
from accounts.portal.pages import page, url_of
from accounts.portal.visits import PortalRequest
from accounts.trail import EVERYTHING, Entry, list_entries, name_actors


@page(reads=None)
def trail(request: PortalRequest) -> HttpResponse:
    """List the trail, of one verb or of one actor if the address says so."""
    verb, actor = request.GET.get("verb", "")[:48], request.GET.get("actor", "")[:64]
    found = list_entries(verb=verb, actor=actor, before=_before(request))
    behind = {name for entry in found.entries for name in (entry.actor, _as_actor(entry.subject))} | {actor}
    names = name_actors({name for name in behind if name}, live_id=request.visit.live_id)
    asked = {name: value for name, value in (("verb", verb), ("actor", actor)) if value}
    shown = {
        "rows": [_row(request, entry, names) for entry in found.entries], "verb": verb, "actor": actor,
        "actor_name": names.get(actor, ""), "verbs": sorted(VERBS.items(), key=itemgetter(1)), "everything": EVERYTHING,
        "older": f"?{urlencode({**asked, 'before': encode('event', found.older)})}" if found.older else "",
        "newer": f"?{urlencode(asked)}" if "before" in request.GET else "",
        "shown": f"{len(found.entries)} {'older' if 'before' in request.GET else 'newest'}",
    }  # fmt: skip
    return render(request, "accounts/trail.html", shown)


def _before(request: PortalRequest) -> UUID | None:
    text = request.GET.get("before", "")
    try:
        return decode("event", text) if text else None
    except BadId as error:
        raise Http404 from error


def _row(request: PortalRequest, entry: Entry, names: dict[str, str]) -> dict[str, Any]:
    named = names.get(_as_actor(entry.subject), "")
    return {"entry": entry, "who": names[entry.actor], "subject": named or entry.subject, "url": _url_of(request, entry.subject)}


def _as_actor(subject: str) -> str:
    """Give the actor that a subject would be, for people and keys: their names are known the same way."""
    kind = {"usr": "user", "key": "key"}.get(subject.partition("_")[0])
    return f"{kind}:{subject}" if kind else ""


def _url_of(request: PortalRequest, subject: str) -> str:
    name, id_name = _subjects().get(subject.partition("_")[0], ("", ""))
    return url_of(request, name, **({id_name: subject} if id_name else {})) if name else ""


@cache
def _subjects() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = import_string(settings.PORTAL_SUBJECTS)
    return found
