"""The suppression list: how long it is, whether somebody stands on it, putting people on it and taking them off.

Whom it is about travels in bodies only, and stands in no address, log, message or trail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.display import count
from accounts.core.errors import Problem
from accounts.core.menu import ADVERTISERS, OPERATORS
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from exchange.auction.suppressions import Tally, look_up, suppress, unsuppress
from exchange.auction.web.forms import FindForm, ListForm, RemoveForm
from exchange.intake.suppressions import count_listed

# Who decides whom the campaigns buy decides whom they do not buy.
READ, WRITE = "campaigns:read", "campaigns:write"
KINDS = ADVERTISERS | OPERATORS


@page(reads=READ, kinds=KINDS)
def suppression(request: PortalRequest) -> HttpResponse:
    """Show how many stand on the list, and the forms."""
    return _draw(request)


@page(reads=READ, writes=READ, kinds=KINDS)
def suppression_find(request: PortalRequest) -> HttpResponse:
    """Say whether one contact stands on the list. A POST, so that the contact stands in no address."""
    if request.method != "POST":
        return to(request, "suppression")
    form = FindForm(request.POST)
    if not form.is_valid():
        return _draw(request, find=form, status=422)
    try:
        since = look_up(form.cleaned_data["contact"])
    except Problem as problem:
        form.take(problem)
        return _draw(request, find=form, status=422)
    return _draw(request, find=form, found={"since": since})


@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def suppression_add(request: PortalRequest) -> HttpResponse:
    """Put people on the list: what can be read counts at once, each other line is named."""
    if request.method != "POST":
        return to(request, "suppression")
    return _change(request, ListForm(request.POST, request.FILES), suppress, "add", ("added", "stood there already"))


@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def suppression_remove(request: PortalRequest) -> HttpResponse:
    """Take people off the list."""
    if request.method != "POST":
        return to(request, "suppression")
    return _change(request, RemoveForm(request.POST), unsuppress, "remove", ("taken off", "did not stand there"))


def _change(
    request: PortalRequest, form: ListForm, service: Callable[..., Tally], name: str, words: tuple[str, str]
) -> HttpResponse:
    if not form.is_valid():
        return _draw(request, **{name: form}, status=422)
    named = {"text": form.cleaned_data["text"], "hashes": form.cleaned_data["hashes"] or None}
    try:
        tally = service(organization_id=request.organization.id, actor=request.member.actor, **named)
    except Problem as problem:
        form.take(problem)
        return _draw(request, **{name: form}, status=422)
    said = f"{count(tally.changed)} {words[0]}, {count(tally.same)} {words[1]}."
    if not tally.unread:
        messages.success(request, said)
        return to(request, "suppression")
    status = 200 if tally.changed + tally.same else 422
    return _draw(request, tally=tally, said=said, more=tally.unread - len(tally.shown), status=status)


def _draw(request: PortalRequest, *, status: int = 200, **shown: Any) -> HttpResponse:
    listed = count_listed()
    forms = {"find": FindForm(), "add": ListForm(), "remove": RemoveForm(auto_id="remove_%s")}
    facts = {"phones": listed.get("phone", 0), "emails": listed.get("email", 0), "may_write": WRITE in request.member.scopes}
    facts["everybody"] = request.organization.kind == "operator"
    return render(request, "auction/suppression.html", forms | facts | shown, status=status)
