"""The built-in buyer: a destination that checks the signature's headers and accepts every lead. Exists only in the demo."""

from __future__ import annotations

import json

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST


@csrf_exempt
@require_POST
def buyer(request: HttpRequest) -> JsonResponse:
    """Accept a lead as a small CRM would: refuse what is no JSON object or came without the headers of Standard Webhooks."""
    if not all(request.headers.get(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")):
        return JsonResponse({"accepted": False, "error": "the signature's headers are missing"}, status=400)
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return JsonResponse({"accepted": False, "error": "not a JSON object"}, status=400)
    if "flaky" in request.GET and _is_away(request.headers["webhook-timestamp"]):
        return JsonResponse({"accepted": False, "error": "maintenance, try again"}, status=503)
    return JsonResponse({"accepted": True, "reference": request.headers["webhook-id"]})


def _is_away(stamp: str) -> bool:
    """Say whether a flaky buyer is away: one second of each ten, so that a second attempt gets through."""
    return stamp.endswith("7")
