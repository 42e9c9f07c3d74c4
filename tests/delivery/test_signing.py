"""Signatures by Standard Webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from exchange.wire.signing import new_secret, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def test_published_vector() -> None:
    headers = sign(SECRET, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=datetime.fromtimestamp(1614265330, UTC), body=BODY)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_another_zone_is_the_same_instant() -> None:
    at = datetime.fromtimestamp(1614265330, timezone(timedelta(hours=-6)))
    assert sign(SECRET, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body=BODY)["webhook-signature"] == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_receiver_verifies_with_the_library_and_notices_changes() -> None:
    secret = new_secret()
    headers = dict(sign(secret, message_id="dlv_1", at=datetime.now(UTC), body='{"name":"José"}'.encode()))
    assert Webhook(secret).verify('{"name":"José"}', headers) == {"name": "José"}
    for body, changed in [('{"name":"Jose"}', headers), ('{"name":"José"}', {**headers, "webhook-id": "dlv_2"})]:
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, changed)


def test_secrets_are_long_and_all_different() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(secret) for secret in made} == {50}


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a", "ключ"])
def test_a_secret_that_is_none(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        sign(secret, message_id="dlv_1", at=datetime.now(UTC), body=b"{}")
