"""How people sign in: by e-mail address, with a second factor where they set one up; nobody signs up without an invitation."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from accounts.models import User
from accounts.sealed import seal, unseal
from accounts.tenancy import act_as_identity

BACKEND = "accounts.portal.sign_in.Backend"
_BOUND_TO = b"second factor"


def name_of(user: User) -> str:
    """Say who somebody is, in mails and messages."""
    return user.name


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Finds people through the identity door, wherever the request stands."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        """Give the person whose password this is."""
        with act_as_identity():
            found: AbstractBaseUser | None = super().authenticate(request, **credentials)
        return found

    def get_user(self, user_id: Any) -> AbstractBaseUser | None:
        """Give the person of a session, unless they were deactivated."""
        with act_as_identity():
            found: AbstractBaseUser | None = super().get_user(user_id)
        return found


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is by invitation only; the pages of invitations are ours."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of second factors sealed."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return base64.b64encode(seal(text.encode(), _BOUND_TO)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret; raises sealed.Unreadable."""
        return unseal(base64.b64decode(encrypted_text), _BOUND_TO).decode()
