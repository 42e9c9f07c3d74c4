"""The API key of the Authorization header, looked up in the database."""

from __future__ import annotations

import hashlib

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from benchmarks.baseline.models import Publisher

SCHEME = "Bearer "


class KeyAuthentication(BaseAuthentication):
    """Find the publisher by the hash of its key."""

    def authenticate(self, request: Request) -> tuple[Publisher, str]:
        """Give the publisher as user."""
        header = request.headers.get("Authorization", "")
        digest = hashlib.sha256(header.removeprefix(SCHEME).encode()).hexdigest()
        publisher = Publisher.objects.filter(key_sha256=digest, active=True).first()
        if publisher is None:
            raise AuthenticationFailed("This key is unknown or revoked.")
        return publisher, "key"
