"""Developers / Request log: the newest API requests of the organization's own keys, masked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.core.clock import from_ms
from accounts.core.ids import encode
from accounts.core.requestlog import KEY_VARIABLE, LoggedRequest, curl_of
from accounts.keys import KeyName, name_keys
from accounts.portal.pages import page, url_of
from accounts.portal.visits import PortalRequest
from accounts.requestlog import KEPT_DAYS, KEPT_MAX, Row, get_request, list_requests

CLASSES = ("2xx", "4xx", "5xx")
_ENTRY = re.compile(r"\d{1,15}-\d{1,10}")
_TONES = {2: ("ok", "check"), 4: ("warn", "circle-alert"), 5: ("bad", "circle-x")}


@page(reads="leads:read")
def requests(request: PortalRequest) -> HttpResponse:
    """List the newest requests, of one class of status, one path or one key if the address says so."""
    asked = {name: request.GET[name][:100] for name in ("class", "path", "key") if request.GET.get(name)}
    before = request.GET.get("before", "")
    if before and not _ENTRY.fullmatch(before):
        raise Http404
    found = list_requests(request.organization.id, wanted=_wanted(asked), before=before)
    keys = name_keys()
    shown = {
        "rows": [_row(request, row, keys) for row in found.rows], "asked": asked, "tabs": _tabs(asked), "kept_max": KEPT_MAX,
        "kept_days": KEPT_DAYS, "older": f"?{urlencode({**asked, 'before': found.older})}" if found.older else "",
        "newer": f"?{urlencode(asked)}" if before else "", "shown": f"{len(found.rows)} {'older' if before else 'newest'}",
        "only_key": next((name for key, name in keys.items() if encode("key", key) == asked.get("key")), None),
    }  # fmt: skip
    return render(request, "accounts/requests.html", shown)


@page(reads="leads:read")
def request(request: PortalRequest, entry_id: str) -> HttpResponse:
    """Show one request with its answer."""
    if not _ENTRY.fullmatch(entry_id):
        raise Http404
    logged = get_request(request.organization.id, entry_id)
    shown = _row(request, Row(entry_id, logged), name_keys())
    shown |= {"curl": curl_of(logged, settings.BASE_URL), "variable": KEY_VARIABLE}
    return render(request, "accounts/request.html", shown)


def _wanted(asked: dict[str, str]) -> Callable[[LoggedRequest], bool]:
    digit, path, key = asked.get("class", "")[:1], asked.get("path", ""), asked.get("key", "")

    def wanted(logged: LoggedRequest) -> bool:
        return (
            (not digit or str(logged.status).startswith(digit))
            and path in logged.address
            and (not key or encode("key", logged.key_id) == key)
        )

    return wanted


def _tabs(asked: dict[str, str]) -> list[tuple[str, str, bool]]:
    """Give word, address and whether it is the present one, for all and for each class of status."""
    rest = {name: value for name, value in asked.items() if name != "class"}
    return [("All", f"?{urlencode(rest)}", "class" not in asked)] + [
        (name, f"?{urlencode({**rest, 'class': name})}", asked.get("class") == name) for name in CLASSES
    ]


def _row(request: PortalRequest, row: Row, keys: dict[UUID, KeyName]) -> dict[str, Any]:
    logged = row.request
    tone, icon = _TONES.get(logged.status // 100, ("quiet", "circle-dot"))
    return {
        "logged": logged, "at": from_ms(logged.at_ms), "ms": logged.took_us / 1000, "tone": tone, "icon": icon,
        "key_id": encode("key", logged.key_id), "key": keys.get(logged.key_id),
        "url": url_of(request, "request", entry_id=row.id),
    }  # fmt: skip
