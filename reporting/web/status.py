"""GET /status.json: is the exchange ready, and what runs. For machines, without a key."""

from __future__ import annotations

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from reporting.health import current_health


@require_safe
@transaction.non_atomic_requests
def status(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the exchange takes leads, else 503 with the same body. Needs no database of its own to say so."""
    health = current_health()
    headers = {"Cache-Control": "no-store"} if health.ready else {"Cache-Control": "no-store", "Retry-After": "1"}
    body = msgspec.json.encode(health.body)
    return HttpResponse(body, status=200 if health.ready else 503, content_type="application/json", headers=headers)
