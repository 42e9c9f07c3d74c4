"""POST /pings."""

from __future__ import annotations

from typing import cast

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.baseline.models import Publisher, Quote, Source
from benchmarks.baseline.serializers import PingSerializer
from benchmarks.baseline.services import offer


class PingView(APIView):
    """A lead without personal data, for a quote."""

    def post(self, request: Request) -> Response:
        """Answer with a quote, or with none."""
        serializer = PingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        publisher = cast(Publisher, request.user)
        source = get_object_or_404(Source, slug=serializer.validated_data["source"], publisher=publisher, active=True)
        ping, quote = offer(publisher, source, serializer.validated_data)
        return Response({"id": str(ping.id), "status": ping.status, "quotes": [_told(quote)] if quote else [], "reasons": []})


def _told(quote: Quote) -> dict[str, object]:
    payout = {"amount": str(quote.payout), "currency": "USD"}
    return {"id": str(quote.id), "payout": payout, "pricing": "first_price", "exclusive": True, "expires_at": quote.expires_at}
