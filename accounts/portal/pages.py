"""The decorator of every page inside an organization, and the addresses of pages.

    @page(reads="campaigns:read", writes="campaigns:write", kinds=ADVERTISERS)
    def campaign(request: PortalRequest, campaign_id: str) -> HttpResponse: ...

It stands in a URL table below /o/<slug>/; the slug is taken out, the middleware used it already.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.core.errors import Problem
from accounts.core.menu import EVERYBODY
from accounts.core.roles import PORTAL_ONLY, SCOPES
from accounts.portal.visits import PortalRequest

SAFE = frozenset({"GET", "HEAD"})
PageView = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class PageRule:
    """Whom a page is for: the scope to read it, the scope to write (None: nothing can be written), the kinds of organization.

    `operators`: what the operator's people need instead of either, where that is another scope.
    """

    reads: str | None
    writes: str | None
    kinds: frozenset[str]
    operators: str | None = None

    def needed(self, kind: str, *, writing: bool) -> str | None:
        """Give the scope that a member of an organization of a kind needs."""
        instead = self.operators if kind == "operator" else None
        return instead or (self.writes if writing else self.reads)


def page(
    *, reads: str | None, writes: str | None = None, kinds: frozenset[str] = EVERYBODY, operators: str | None = None
) -> Callable[[PageView], PageView]:
    """Make a page: 404 for other kinds, 405 where nothing is written, 403 in words without the scope, problems as pages."""
    rule = PageRule(reads, writes, kinds, operators)

    def decorate(view: PageView) -> PageView:
        @wraps(view)
        def run(request: HttpRequest, slug: str, **ids: Any) -> HttpResponseBase:
            visitor = cast(PortalRequest, request)
            if visitor.organization.kind not in rule.kinds:
                raise Http404
            refusal = _refusal(visitor, rule)
            return _answer(view, visitor, ids) if refusal is None else refusal

        run.page = rule  # type: ignore[attr-defined]
        return run

    return decorate


def url_of(request: PortalRequest, name: str, **ids: Any) -> str:
    """Give the address of a page of the same organization."""
    return reverse(name, kwargs={"slug": request.organization.slug, **ids})


def to(request: PortalRequest, name: str, **ids: Any) -> HttpResponse:
    """Go to a page of the same organization after a write (303), fragments included."""
    address = url_of(request, name, **ids)
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    response = redirect(address)
    response.status_code = 303
    return response


def with_toast(response: HttpResponse, text: str, *, tone: str = "ok", undo_url: str = "") -> HttpResponse:
    """Let a fragment's answer show a toast: tone ok, warn or bad; `undo_url` adds a button that posts there."""
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "tone": tone, "undo": undo_url}})
    return response


def _refusal(request: PortalRequest, rule: PageRule) -> HttpResponse | None:
    if request.method not in SAFE and (rule.writes is None or request.method != "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", *(["POST"] if rule.writes else [])])
    needed = rule.needed(request.organization.kind, writing=request.method not in SAFE)
    if needed is None or needed in request.member.scopes:
        return None
    return render(request, "errors/403.html", {"needed": _words(needed)}, status=403)


def _words(scope: str) -> str:
    return SCOPES.get(scope) or PORTAL_ONLY[scope]


def _answer(view: PageView, request: PortalRequest, ids: dict[str, Any]) -> HttpResponseBase:
    try:
        return view(request, **ids)
    except Problem as problem:
        # What the view wrote before it was refused must not stay.
        transaction.set_rollback(True)
        if problem.code == "not_found":
            raise Http404 from problem
        if request.htmx:
            return with_toast(HttpResponse(status=problem.status), problem.detail, tone="bad")
        return render(request, "errors/problem.html", {"problem": problem}, status=problem.status)
