"""Error pages: HTML for browsers, problem+json for everybody else."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts.rest import problems


def wants_page(request: HttpRequest) -> bool:
    """Tell a browser from a client of the API: only a browser asks for HTML by name."""
    return "text/html" in request.headers.get("Accept", "") and not request.path_info.startswith("/api/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404; unknown and foreign look the same."""
    if not wants_page(request):
        return problems.not_found_page(request, exception)
    return _lone(request, "errors/404.html", 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 500 without asking any store."""
    if not wants_page(request):
        return problems.failed_page(request)
    return HttpResponse(render_to_string("errors/500.html"), status=500)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return _lone(request, "errors/forbidden.html", 403)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose protection against forgery does not match: an old tab, or cookies that are blocked."""
    if request.headers.get("HX-Request") == "true":
        toast = {"toast": {"text": "This page has expired: load it again.", "tone": "bad"}}
        return HttpResponse(status=403, headers={"HX-Trigger": json.dumps(toast)})
    return _lone(request, "errors/expired.html", 403)


def _lone(request: HttpRequest, template: str, status: int) -> HttpResponse:
    return render(request, template, status=status)
