"""Personal data at rest opens only for its own row and under the same master key."""

from __future__ import annotations

import pytest

from accounts.sealed import Unreadable, seal, unseal


def test_what_was_sealed_opens_for_its_row_only() -> None:
    sealed = seal(b"+15125550123", b"row-1")
    assert b"5125550123" not in sealed
    assert unseal(sealed, b"row-1") == b"+15125550123"
    with pytest.raises(Unreadable):
        unseal(sealed, b"row-2")


def test_each_row_has_its_own_key_and_no_byte_may_change() -> None:
    first, second = seal(b"same", b"r"), seal(b"same", b"r")
    assert first != second
    for place in range(len(first)):
        altered = bytearray(first)
        altered[place] ^= 1
        with pytest.raises(Unreadable):
            unseal(bytes(altered), b"r")


def test_erasing_the_wrapped_key_erases_the_rest() -> None:
    sealed = seal(b"gone", b"r")
    with pytest.raises(Unreadable):
        unseal(sealed[:1] + bytes(60) + sealed[61:], b"r")


def test_without_master_key_nothing_is_sealed(settings: object) -> None:
    settings.MASTER_KEY = b""  # type: ignore[attr-defined]
    with pytest.raises(Unreadable, match="MASTER_KEY"):
        seal(b"x")
