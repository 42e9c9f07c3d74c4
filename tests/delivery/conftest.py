"""What delivery tests share: a buyer's system on loopback that the settings trust."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cast import Member, join
from tests.delivery.buyer import Buyer
from tests.delivery.receiver import Receiver, running


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    with running() as started:
        settings.WIRE_TRUSTED_ORIGINS = [started.origin]
        yield started


@pytest.fixture
def buyer(db, receiver: Receiver) -> Buyer:
    """An advertiser with one campaign that delivers to the receiver, inside a transaction that is rolled back."""
    return Buyer.joined(receiver.url)


@pytest.fixture
def publisher(db) -> Member:
    return join("publisher", "publisher")
