"""Developers / API keys: who may call the API as this organization; made, rotated and revoked by people only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.ids import BadId, decode, encode
from accounts.core.roles import KEYS, KINDS, SCOPES
from accounts.idempotency import Ask, keep, take
from accounts.keys import KeyFacts, get_key, list_keys, rotate_key
from accounts.portal.forms import KeyForm, RotateForm
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from accounts.requestlog import last_uses
from accounts.services import issue_key, revoke_key
from accounts.trail import name_actors


@page(reads=None)
def keys(request: PortalRequest) -> HttpResponse:
    """List the keys; those who may manage them see the form."""
    return _keys(request, KeyForm(kind=request.organization.kind))


@page(reads=KEYS, writes=KEYS)
def create(request: PortalRequest) -> HttpResponse:
    """Make a key and show it, this once: the same form sent again leads back to the list."""
    if request.method != "POST":
        return to(request, "keys")
    form = KeyForm(request.POST, kind=request.organization.kind)
    if not form.is_valid():
        return _keys(request, form, status=422)
    owner, wish = request.organization.id, form.cleaned_data
    ask = Ask(owner, "page:key_create", wish["once"], "once")
    if take(ask, at=utc_now()) is not None:
        messages.info(request, "This form has made its key already. A key is shown once: make another one if you missed it.")
        return to(request, "keys")
    issued = issue_key(organization_id=owner, name=wish["name"], scopes=wish["scopes"], actor=request.member.actor)
    keep(ask, 200, {})
    return _key(request, issued.key_id, secret=issued.key)


@page(reads=None)
def key(request: PortalRequest, key_id: str) -> HttpResponse:
    """Show one key: what it may do, what became of it, how to replace and to end it."""
    return _key(request, _id(key_id))


@page(reads=KEYS, writes=KEYS)
def rotate(request: PortalRequest, key_id: str) -> HttpResponse:
    """Replace a key and show the new one, this once."""
    if request.method != "POST":
        return to(request, "key", key_id=key_id)
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _key(request, _id(key_id), form=form, status=422)
    overlap = form.cleaned_data["overlap"]
    issued = rotate_key(
        organization_id=request.organization.id, key_id=_id(key_id), overlap=overlap, actor=request.member.actor, at=utc_now()
    )
    return _key(request, issued.key_id, secret=issued.key, replaced=get_key(key_id=_id(key_id), at=utc_now()))


@page(reads=KEYS, writes=KEYS)
def revoke(request: PortalRequest, key_id: str) -> HttpResponse:
    """End a key."""
    if request.method == "POST":
        revoke_key(organization_id=request.organization.id, key_id=_id(key_id), actor=request.member.actor)
        messages.success(request, "Revoked. It is refused everywhere within five seconds.")
    return to(request, "key", key_id=key_id)


def _keys(request: PortalRequest, form: KeyForm, *, status: int = 200) -> HttpResponse:
    found = list_keys(at=utc_now())
    shown = {"keys": _rows(request, found), "form": form, "may_manage": KEYS in request.member.scopes}
    return render(request, "accounts/keys.html", shown, status=status)


def _key(
    request: PortalRequest, key_id: UUID, *, secret: str = "", replaced: KeyFacts | None = None, form: RotateForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    (row,) = _rows(request, (get_key(key_id=key_id, at=utc_now()),))
    shown = {
        "key": row, "secret": secret, "replaced": replaced, "form": form or RotateForm(),
        "may_manage": KEYS in request.member.scopes, "may_read_log": "leads:read" in request.member.scopes,
    }  # fmt: skip
    return render(request, "accounts/key.html", shown, status=status)


def _rows(request: PortalRequest, found: tuple[KeyFacts, ...]) -> list[dict[str, Any]]:
    uses = last_uses(request.organization.id)
    names = name_actors({one.created_by for one in found if one.created_by}, live_id=request.visit.live_id)
    return [
        {"id": encode("key", one.id), "facts": one, "used_at": uses.get(one.id), "maker": names.get(one.created_by, ""),
         "rate_limit": settings.RATE_PER_KEY if one.rate_limit is None else one.rate_limit,
         "all": KINDS[request.organization.kind] <= set(one.scopes),
         "scopes": [(scope, words) for scope, words in SCOPES.items() if scope in one.scopes]}
        for one in found
    ]  # fmt: skip


def _id(text: str) -> UUID:
    try:
        return decode("key", text)
    except BadId as error:
        raise Http404 from error
