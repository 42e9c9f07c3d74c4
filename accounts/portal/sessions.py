"""Sessions in the database, reached through the identity door: the application's login has no rights outside one."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db

from accounts.tenancy import act_as_identity


class SessionStore(db.SessionStore):
    """Django's own store behind our door, wherever the request stands."""

    def load(self) -> dict[str, Any]:
        """Read the session; an unknown or expired one is empty."""
        with act_as_identity():
            found: dict[str, Any] = super().load()
        return found

    def exists(self, session_key: str) -> bool:
        """Tell whether a key is taken."""
        with act_as_identity():
            return super().exists(session_key)

    def save(self, must_create: bool = False) -> None:
        """Write the session; raises CreateError or UpdateError as Django's does."""
        with act_as_identity():
            super().save(must_create)

    def delete(self, session_key: str | None = None) -> None:
        """Forget the session."""
        with act_as_identity():
            super().delete(session_key)

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what has expired."""
        with act_as_identity():
            super().clear_expired()
