"""Contact keys, duplicates and suppression."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from exchange.core import dedupe
from exchange.core.dedupe import ContactKeys

PEPPER = b"p" * 32
PHONE = "+15125550123"
EMAIL = "ann.lee@example.com"
ADDRESS = "12 oak st|78701"
DAY_MS = 86_400_000
NOW_MS = 1_795_352_709_000


def test_rekey_is_a_keyed_hash_of_kind_and_algorithm() -> None:
    plain = hashlib.sha256(PHONE.encode()).hexdigest()
    wanted = hmac.new(PEPPER, f"phone:sha256:{plain}".encode(), hashlib.sha256).hexdigest()
    assert dedupe.rekey(PEPPER, "phone", plain) == wanted
    assert dedupe.rekey(PEPPER, "phone", plain.upper()) == wanted
    assert len({wanted, dedupe.rekey(PEPPER, "email", plain), dedupe.rekey(b"q" * 32, "phone", plain), plain}) == 4


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_a_pinged_hash_meets_the_posted_contact(algorithm: str) -> None:
    hashes = {
        f"phone_{algorithm}": hashlib.new(algorithm, PHONE.encode()).hexdigest(),
        f"email_{algorithm}": hashlib.new(algorithm, EMAIL.encode()).hexdigest().upper(),
    }
    pinged, errors = dedupe.read_hashes(PEPPER, hashes)
    posted = dedupe.keys_of_contact(PEPPER, phone=PHONE, email=EMAIL, address=ADDRESS)
    assert errors == ()
    assert len(posted.all) == 9
    assert set(pinged.all) < set(posted.all)
    assert dedupe.mismatches(pinged, posted) == ()
    other = dedupe.keys_of_contact(PEPPER, phone="+15125550124", email=EMAIL)
    assert dedupe.mismatches(pinged, other) == (f"phone_{algorithm}",)
    assert dedupe.mismatches(pinged, ContactKeys({})) == tuple(hashes)


def test_raw_hashes_do_not_survive() -> None:
    plain = hashlib.sha256(PHONE.encode()).hexdigest()
    pinged, _ = dedupe.read_hashes(PEPPER, {"phone_sha256": plain})
    assert plain not in repr(pinged)


def test_wrong_hashes_are_named_with_their_place() -> None:
    keys, errors = dedupe.read_hashes(
        PEPPER,
        {
            "phone_sha256": PHONE,
            "email_md5": hashlib.md5(b"").hexdigest(),
            "name/sha256": "aa",
            "phone_md5": "",
            "email_sha1": None,
            "phone_sha1": 5,
        },
    )
    assert keys == ContactKeys({})
    assert [(error.pointer, error.code) for error in errors] == [
        ("/contact_hashes/phone_sha256", "invalid_hash"),
        ("/contact_hashes/email_md5", "invalid_hash"),
        ("/contact_hashes/name~1sha256", "unknown_field"),
        ("/contact_hashes/phone_sha1", "invalid_hash"),
    ]
    assert PHONE not in " ".join(error.detail for error in errors)


def _seen(keys: ContactKeys, owner: str, sold_at_ms: int) -> dict[str, dict[str, int]]:
    return {key: {owner: sold_at_ms} for key in keys.all}


def test_duplicate_within_its_days_only() -> None:
    keys = dedupe.keys_of_contact(PEPPER, phone=PHONE)
    seen = _seen(keys, "c1", NOW_MS - 30 * DAY_MS)
    assert dedupe.is_duplicate(seen, keys, "c1", at_ms=NOW_MS - 1, days=30)
    assert not dedupe.is_duplicate(seen, keys, "c1", at_ms=NOW_MS, days=30)
    assert not dedupe.is_duplicate(seen, keys, "c2", at_ms=NOW_MS - 1, days=30)
    assert not dedupe.is_duplicate({}, keys, "c1", at_ms=NOW_MS, days=30)


def test_duplicate_by_any_or_all_kinds() -> None:
    sold = dedupe.keys_of_contact(PEPPER, phone=PHONE, email=EMAIL)
    same_phone = dedupe.keys_of_contact(PEPPER, phone=PHONE, email="bob@example.com")
    only_phone = dedupe.keys_of_contact(PEPPER, phone=PHONE)
    seen = _seen(sold, "c1", NOW_MS - DAY_MS)
    assert dedupe.is_duplicate(seen, same_phone, "c1", at_ms=NOW_MS, days=30)
    assert not dedupe.is_duplicate(seen, same_phone, "c1", at_ms=NOW_MS, days=30, mode="all")
    assert dedupe.is_duplicate(seen, only_phone, "c1", at_ms=NOW_MS, days=30, mode="all")


def test_an_empty_value_never_equals_an_empty_value() -> None:
    nobody = dedupe.keys_of_contact(PEPPER)
    assert nobody.all == ()
    assert not dedupe.is_duplicate({"": {"c1": NOW_MS}}, nobody, "c1", at_ms=NOW_MS, days=30)
    assert not dedupe.is_suppressed({"": {"exchange"}}, nobody)


def test_suppression_of_the_exchange_and_of_one_organization() -> None:
    keys = dedupe.keys_of_contact(PEPPER, phone=PHONE, email=EMAIL)
    email_key = keys.by_name["email_sha256"]
    assert dedupe.is_suppressed({email_key: {"exchange"}}, keys, "org1")
    assert dedupe.is_suppressed({email_key: {"org1"}}, keys, "org1")
    assert not dedupe.is_suppressed({email_key: {"org1"}}, keys, "org2")
    assert not dedupe.is_suppressed({email_key: {"org1"}}, keys)
    assert not dedupe.is_suppressed({}, keys, "org1")
