"""PostgreSQL itself keeps the books, whichever role writes and whatever the application forgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction

from accounts.core.ids import uuid7
from accounts.ledger.models import Entry, Event
from accounts.tenancy import act_as, act_as_exchange
from tests.ledger.conftest import DOLLAR, NOON, Cast, scalar, written

pytestmark = pytest.mark.services


def write(cast: Cast, *legs: tuple[str, int], counted: int | None = None, event_id: UUID | None = None, **changed: Any) -> None:
    """Write an event by hand, past the services, and commit it."""
    with act_as_exchange("a test writes by hand"):
        if event_id is None:
            event_id = uuid7()
            Event.objects.create(
                id=event_id,
                kind="deposit",
                idempotency_key=str(event_id),
                occurred_at=NOON,
                legs=len(legs) if counted is None else counted,
            )
        for name, amount in legs:
            account = cast.accounts[name]
            same = {"event_id": event_id, "kind": "deposit", "occurred_at": NOON, "amount": amount}
            owner = {"account_id": account.id, "organization_id": account.organization_id, "currency": account.currency}
            Entry.objects.create(**{**same, **owner, **changed})


def write_leg(cast: Cast, name: str, amount: int) -> None:
    """Add a leg to the one event there is."""
    with act_as_exchange("a test finds the event"):
        event_id = Event.objects.values_list("id", flat=True).get()
    write(cast, (name, amount), event_id=event_id)


def test_a_balanced_event_commits(cast: Cast) -> None:
    write(cast, ("wallet USD", 5), ("cash USD", -5))
    with act_as_exchange("a test counts"):
        assert scalar("SELECT sum(amount) FROM ledger_entry") == 0


@pytest.mark.parametrize(
    ("legs", "changed", "words"),
    [
        ([("wallet USD", 5), ("cash USD", -4)], {}, "adds up to 1, not to 0"),
        ([("wallet USD", 5), ("cash XTS", -5)], {}, "mixes 2 currencies"),
        ([("wallet USD", 5)], {}, "has 1 entries, its header says 1"),
        ([], {}, "has 0 entries, its header says 0"),
        ([("wallet USD", 5), ("cash USD", -5)], {"counted": 3}, "has 2 entries, its header says 3"),
        ([("wallet USD", 5), ("cash USD", -5)], {"kind": "payout"}, "contradict its header"),
        ([("wallet USD", 5), ("cash USD", -5)], {"quote_id": UUID(int=7)}, "contradict its header"),
        ([("wallet USD", 5), ("cash USD", -5)], {"currency": "EUR"}, "ledger_entry_of_account"),
        ([("wallet USD", 5), ("cash USD", -5)], {"organization_id": UUID(int=9)}, "foreign key"),
        ([("wallet USD", 0), ("cash USD", 0)], {}, "ledger_entry_moves"),
        ([("wallet USD", 5), ("cash USD", -5)], {"kind": "gift"}, "contradict its header"),
    ],
)
def test_an_event_that_does_not_balance_never_commits(
    cast: Cast, legs: list[tuple[str, int]], changed: dict[str, Any], words: str
) -> None:
    before = written()
    with pytest.raises(IntegrityError, match=words):
        write(cast, *legs, **changed)
    assert written() == before


def test_no_entry_joins_an_old_event(cast: Cast) -> None:
    event_id = cast.deposit(100).event_id
    before = written()
    with pytest.raises(IntegrityError, match="has all its entries already"):
        write(cast, ("wallet USD", 5), ("cash USD", -5), event_id=event_id)
    assert written() == before


def test_the_check_waits_for_the_commit(cast: Cast) -> None:
    before = written()
    with transaction.atomic():
        write(cast, ("wallet USD", 10), ("cash USD", -5))
        with act_as_exchange("a test looks before the commit"):
            assert scalar("SELECT sum(amount) FROM ledger_entry") == 5
        transaction.set_rollback(True)
    assert written() == before
    with transaction.atomic():
        write(cast, ("wallet USD", 10 * DOLLAR), ("cash USD", -5 * DOLLAR), counted=3)
        write_leg(cast, "margin USD", -5 * DOLLAR)
    assert cast.balances() == {"wallet": 10, "payable": 0, "margin": -5, "cash": -5}
    assert written()[1] == before[1] + 3


CHANGES = [
    "UPDATE ledger_entry SET amount = amount + 1",
    "DELETE FROM ledger_entry",
    "UPDATE ledger_event SET memo = 'changed'",
    "DELETE FROM ledger_event",
]


@pytest.mark.parametrize("sql", CHANGES)
@pytest.mark.parametrize("door", ["exchange", "owner"])
def test_nothing_is_ever_changed(cast: Cast, sql: str, door: str) -> None:
    cast.deposit(100)
    before = written()
    with pytest.raises(IntegrityError, match="append-only"):
        _run(sql, door)
    assert written() == before
    assert cast.balances()["wallet"] == 100


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_event, ledger_entry"])
def test_not_even_the_owner_empties_the_books(cast: Cast, table: str) -> None:
    cast.deposit(100)
    with pytest.raises(IntegrityError, match="append-only"):
        _run(f"TRUNCATE {table}", "owner")
    with pytest.raises(ProgrammingError, match="permission denied"):
        _run(f"TRUNCATE {table}", "exchange")
    assert cast.balances()["wallet"] == 100


def _run(sql: str, door: str) -> None:
    if door == "exchange":
        with act_as_exchange("a test tries to change the books"), connection.cursor() as cursor:
            cursor.execute(sql)
        return
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(sql)


def test_the_checks_see_all_legs_whoever_is_at_the_door_at_commit(cast: Cast) -> None:
    # The portal sees one leg of a sale; the check runs as the owner of the tables and sees all three.
    before = written()
    with pytest.raises(IntegrityError, match="adds up to"), act_as(cast.advertiser.id):
        write(cast, ("wallet USD", -25 * DOLLAR), ("payable USD", 20 * DOLLAR))
    assert written() == before
    with act_as(cast.advertiser.id):
        cast.capture()
        assert Entry.objects.count() == 1


def test_the_triggers_run_as_the_owner_with_a_fixed_path(committed: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosecdef, proconfig, pg_get_userbyid(proowner) = %s FROM pg_proc"
            " WHERE proname LIKE 'ledger_check_%%' ORDER BY 1",
            [connections["owner"].settings_dict["USER"]],
        )
        found = cursor.fetchall()
    path = ["search_path=pg_catalog, pg_temp"]
    names = ["ledger_check_entries", "ledger_check_event"]
    assert found == [(name, True, path, True) for name in names]


def test_only_the_exchange_writes(cast: Cast) -> None:
    kinds = "uuid text text uuid uuid int timestamptz text uuid uuid uuid text bigint"
    empty = ", ".join(f"'{{}}'::{kind}[]" for kind in kinds.split())
    with pytest.raises(ProgrammingError, match="permission denied for function"), act_as(cast.advertiser.id):
        scalar(f"SELECT ledger_write({empty})")
    with act_as_exchange("a test writes nothing"):
        assert scalar(f"SELECT count(*) FROM ledger_write({empty})") == 0


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "gift"}, "ledger_event_kind"),
        ({"kind": "capture"}, "ledger_event_links"),
        ({"kind": "refund", "quote_id": UUID(int=1)}, "ledger_event_links"),
        ({"kind": "deposit", "quote_id": UUID(int=1)}, "ledger_event_links"),
    ],
)
def test_a_header_links_what_its_kind_needs(committed: None, fields: dict[str, Any], constraint: str) -> None:
    make: Callable[..., Event] = Event.objects.create
    with pytest.raises(IntegrityError, match=constraint), act_as_exchange("a test writes by hand"):
        make(idempotency_key="k", legs=2, occurred_at=NOON, **fields)
