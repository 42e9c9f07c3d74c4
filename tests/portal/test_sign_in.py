"""Signing in: limits on guessing, second factors sealed at rest, no sign-up without an invitation."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.portal.sign_in import MfaAdapter
from accounts.tenancy import act_as_identity
from tests.portal.conftest import Cast
from tests.portal.people import PASSWORD, state

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def unlimited_so_far() -> None:
    cache.clear()


def sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post("/accounts/login/", {"login": email, "password": password}).status_code


def test_nobody_signs_up_without_an_invitation(cast: Cast) -> None:
    before = state()
    client = Client(headers={"accept": "text/html"})
    assert b"begin with an invitation" in client.get("/accounts/signup/").content
    answer = client.post("/accounts/signup/", {"email": "eve@new.example", "password1": "quite a long password"})
    assert (answer.status_code, state()) == (405, before)


def test_guessing_is_limited(cast: Cast) -> None:
    client = Client()
    wrong = [sign_in(client, cast.owner.email, f"guess number {number}") for number in range(6)]
    assert wrong == [200] * 6
    # Even the right one is refused now, for a while.
    assert sign_in(client, cast.owner.email) == 200
    assert client.get("/o/alice/").status_code == 302


def test_a_wrong_address_and_a_wrong_password_look_the_same(cast: Cast) -> None:
    client = Client()
    answers = [
        client.post("/accounts/login/", {"login": email, "password": "wrong and long"})
        for email in ("nobody@new.example", cast.owner.email)
    ]
    assert [answer.context["form"].non_field_errors() for answer in answers] == [
        ["The email address and/or password you specified are not correct."]
    ] * 2


def test_a_second_factor_is_sealed_and_asked_for(cast: Cast) -> None:
    with act_as_identity():
        user = User.objects.get(id=cast.owner.user_id)
        TOTP.activate(user, SECRET)
        RecoveryCodes.activate(user)
        kept = [str(one.data) for one in Authenticator.objects.filter(user=user)]
    assert (len(kept), [SECRET in one for one in kept]) == (2, [False, False])
    client = Client()
    answer = client.post("/accounts/login/", {"login": cast.owner.email, "password": PASSWORD})
    assert (answer["Location"], client.get("/o/alice/").status_code) == ("/accounts/2fa/authenticate/", 302)
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(SECRET, counter))
    assert client.post("/accounts/2fa/authenticate/", {"code": code})["Location"] == "/o/"
    assert client.get("/o/alice/").status_code == 200


def test_a_sealed_secret_opens_again() -> None:
    adapter = MfaAdapter()
    assert adapter.decrypt(adapter.encrypt(SECRET)) == SECRET
    assert adapter.encrypt(SECRET) != adapter.encrypt(SECRET)


def test_a_second_factor_is_set_up_after_the_password_only(cast: Cast) -> None:
    client, path = cast.owner.client, "/accounts/2fa/totp/activate/"
    asked = client.get(path)
    assert (asked.status_code, asked["Location"].partition("?")[0]) == (302, "/accounts/reauthenticate/")
    assert client.post(asked["Location"], {"password": "not mine at all"}).status_code == 200
    assert client.get(path).status_code == 302
    assert client.post(asked["Location"], {"password": PASSWORD})["Location"] == path
    page = client.get(path)
    assert (page.status_code, b'src="data:image/svg+xml' in page.content) == (200, True)


def test_the_demo_is_not_there_without_being_asked_for(cast: Cast) -> None:
    assert Client().post("/accounts/demo/bright-homes").status_code == 404
    assert Client().get("/style").status_code == 404
    assert b"demo market" not in Client().get("/accounts/login/").content
