"""What delivery tests share: a buyer's system on loopback that the settings trust."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.delivery.receiver import Receiver, running


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    with running() as started:
        settings.WIRE_TRUSTED_ORIGINS = [started.origin]
        yield started
