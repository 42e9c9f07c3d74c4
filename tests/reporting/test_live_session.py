"""The live page and its socket by sign-in: members of the organization in the address, from our own pages only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from accounts.tenancy import act_as_exchange
from reporting.admission import CLOSE_NOWHERE, CLOSE_UNAUTHENTICATED
from tests.cast import join
from tests.portal.people import House, Person, person
from tests.reporting.live import auction, clean_up, closed, frame, keys, live, ping_key, socket, store

pytestmark = pytest.mark.services
OWN = b"http://exchange.example"


@pytest.fixture
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[House, Person, Person]]:
    with django_db_blocker.unblock():
        join("house", "operator")
        made = House("live-alice", join("live-alice", "publisher"))
        yield made, person("owner@live.example", (made, "viewer")), person("stranger@live.example")
        with connections["owner"].cursor() as cursor:
            cursor.execute("DELETE FROM accounts_membership; DELETE FROM django_session; DELETE FROM account_emailaddress")
        clean_up()
        with act_as_exchange("leave nobody behind"), connections["default"].cursor() as cursor:
            cursor.execute("DELETE FROM accounts_user")


def told(visitor: Person, origin: bytes = OWN) -> list[tuple[bytes, bytes]]:
    cookie = f"sessionid={visitor.client.cookies['sessionid'].value}".encode()
    return [(b"cookie", cookie), (b"origin", origin), (b"host", b"exchange.example")]


def test_a_member_sees_the_organization_of_the_address(cast: tuple[House, Person, Person]) -> None:
    made, member, stranger = cast
    record = auction(made.member.organization_id)
    store(record)

    async def test() -> None:
        async with socket(query="o=live-alice", more=told(member)) as opened:
            assert keys((await frame(opened))["snapshot"]) == [ping_key(record)]
        async with socket(query="o=live-alice-test", more=told(member)) as opened:
            assert (await frame(opened))["snapshot"] == []
        for query, sent, code in (
            ("o=live-alice", told(stranger), CLOSE_NOWHERE), ("o=house", told(member), CLOSE_NOWHERE),
            ("", told(member), CLOSE_NOWHERE), ("o=live-alice", told(member, b"http://evil.example"), CLOSE_UNAUTHENTICATED),
            ("o=live-alice", told(member, b""), CLOSE_UNAUTHENTICATED),
            ("o=live-alice", [(b"cookie", b"sessionid=unknown"), *told(member)[1:]], CLOSE_UNAUTHENTICATED),
        ):  # fmt: skip
            async with socket(query=query, more=sent) as opened:
                assert (query, await closed(opened)) == (query, code)

    live(test)
