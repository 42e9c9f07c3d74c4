"""Pages for everybody, without a key: what this is, and what each problem code means."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.core.explanations import EXPLANATIONS

Page = Callable[..., HttpResponse]


def _public(page: Page) -> Page:
    """Make a page that needs no store and names nobody, so that any cache may keep it."""

    @wraps(page)
    def strict(request: HttpRequest, **given: Any) -> HttpResponse:
        response = page(request, **given)
        response["Cache-Control"] = "public, max-age=300"
        return response

    return transaction.non_atomic_requests(require_safe(strict))


@_public
def landing(request: HttpRequest) -> HttpResponse:
    """Say what this is and where to go."""
    return render(request, "accounts/landing.html", {"version": settings.VERSION})


@_public
def problems(request: HttpRequest) -> HttpResponse:
    """List every problem code."""
    return render(request, "accounts/problems.html", {"problems": EXPLANATIONS.values()})


@_public
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """Explain one problem code: the page that the `type` of a problem names."""
    if code not in EXPLANATIONS:
        raise Http404
    told = EXPLANATIONS[code]
    example = json.dumps(told.example, indent=2)
    return render(request, "accounts/problem.html", {"problem": told, "status": str(told.status), "example": example})
