"""The bare row: a constant view in the market pool, with the pool's own middleware and everything else loaded beside it.

An entry point like config.market, which has no such route; only the bench starts it.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.market import application, handler404, handler500

__all__ = ["application", "constant", "handler404", "handler500", "urlpatterns"]
settings.ROOT_URLCONF = __name__


def constant(request: HttpRequest) -> HttpResponse:
    """Answer without doing anything."""
    return HttpResponse(b'{"status":"constant"}', content_type="application/json")


urlpatterns = [path("constant", constant)]
