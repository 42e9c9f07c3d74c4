"""`ledger_check` finds each kind of damage, and nothing in books that are right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from accounts.core.ids import encode
from accounts.ledger import books
from accounts.ledger.books import Difference, check_books, find_differences
from tests.ledger.conftest import Cast

pytestmark = pytest.mark.services


@pytest.fixture
def sold(cast: Cast) -> Cast:
    cast.deposit(100)
    cast.refund(cast.capture(price=25, payout=20))
    cast.capture(price=30, payout=24)
    return cast


@pytest.fixture
def damaged(sold: Cast) -> Iterator[CursorWrapper]:
    """The owner's cursor with triggers off, in a transaction that is rolled back."""
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER; ALTER TABLE ledger_event DISABLE TRIGGER USER")
            yield cursor
        transaction.set_rollback(True, using="owner")


def found(cursor: CursorWrapper, sql: str) -> set[tuple[str, str]]:
    """Do damage, and give which checks complained in which words."""
    cursor.execute(sql)
    return {(difference.check, difference.detail) for difference in find_differences(cursor)}


def test_right_books_have_no_difference(sold: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_books() == ()
    call_command("ledger_check")
    assert capsys.readouterr().out == "the books are right: 5 checks, no difference\n"


def test_a_changed_amount(damaged: CursorWrapper) -> None:
    assert found(damaged, "UPDATE ledger_entry SET amount = 25000000 WHERE amount = 24000000") == {
        ("sums", "all entries add up to 1.00 USD, not to 0.00"),
        ("events", "capture of 3 legs has 3 entries in 1 currencies that add up to 1.00"),
    }


def test_a_deleted_entry(damaged: CursorWrapper) -> None:
    assert found(damaged, "DELETE FROM ledger_entry WHERE amount = 24000000") == {
        ("sums", "all entries add up to -24.00 USD, not to 0.00"),
        ("events", "capture of 3 legs has 2 entries in 1 currencies that add up to -24.00"),
    }


def test_an_event_without_entries(damaged: CursorWrapper) -> None:
    sql = "DELETE FROM ledger_entry WHERE kind = 'deposit'"
    assert found(damaged, sql) == {
        ("events", "deposit of 2 legs has 0 entries in 0 currencies that add up to 0.00"),
        ("credit", "wallet is 30.00 USD beyond its credit"),
    }


def test_money_on_the_wrong_account(damaged: CursorWrapper) -> None:
    sql = """
        UPDATE ledger_entry SET account_id = house.id, organization_id = house.organization_id
        FROM ledger_account house WHERE house.kind = 'cash' AND house.currency = 'USD' AND ledger_entry.amount = 24000000
    """
    assert found(damaged, sql) == {("events", "capture moves 24.00 on an account of kind cash")}


def test_an_entry_that_contradicts_its_event(damaged: CursorWrapper) -> None:
    sql = "UPDATE ledger_entry SET kind = 'payout' WHERE amount = 24000000"
    assert found(damaged, sql) == {("events", "capture moves 24.00 on an account of kind payable")}


def test_a_quote_sold_twice(damaged: CursorWrapper) -> None:
    damaged.execute("DROP INDEX ledger_event_sold_once")
    sql = "UPDATE ledger_event SET quote_id = (SELECT max(quote_id::text)::uuid FROM ledger_event) WHERE kind = 'capture'"
    words = {detail for check, detail in found(damaged, sql) if check == "quotes"}
    assert words == {"sold 2 times", "refund that does not mirror the capture of its quote"}


def test_a_refund_that_is_no_mirror(damaged: CursorWrapper) -> None:
    sql = """
        UPDATE ledger_entry SET amount = amount + CASE amount WHEN 25000000 THEN -1000000 ELSE 1000000 END
        WHERE kind = 'refund' AND amount IN (25000000, -20000000)
    """
    assert found(damaged, sql) == {("quotes", "refund that does not mirror the capture of its quote")}


def test_an_orphan(damaged: CursorWrapper, sold: Cast) -> None:
    damaged.execute("ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_of_account")
    differences = found(damaged, "UPDATE ledger_entry SET account_id = gen_random_uuid() WHERE amount = 24000000")
    assert differences == {("orphans", "entry without event or account")}


def test_a_balance_that_is_not_the_fold(sold: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = books._BALANCES.replace("sum(entry.amount), 0)::bigint,", "sum(entry.amount), 0)::bigint + 1000000,")
    monkeypatch.setattr(books, "_BALANCES", wrong)
    wallet = [difference for difference in check_books() if difference.subject == encode("account", sold.wallet)]
    assert wallet == [
        Difference("balances", encode("account", sold.wallet), "wallet stands at 71.00 USD, its entries fold to 70.00")
    ]


def test_a_wallet_beyond_its_credit(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    cast.deposit(10)
    cast.capture(price=25)
    with pytest.raises(SystemExit) as left:
        call_command("ledger_check")
    assert left.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == f"credit: {encode('account', cast.wallet)}: wallet is 15.00 USD beyond its credit\n"
    assert printed.err == "1 differences\n"


def test_a_stage_above_adds_its_check(sold: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def every_capture_has_a_sale(cursor: CursorWrapper) -> Iterator[Difference]:
        cursor.execute("SELECT quote_id FROM ledger_event WHERE kind = 'capture' ORDER BY id LIMIT 1")
        for (quote_id,) in cursor.fetchall():
            yield Difference("sales", encode("quote", quote_id), "captured without a sale")

    monkeypatch.setattr(books, "CHECKS", [*books.CHECKS, every_capture_has_a_sale])
    assert [(difference.check, difference.detail) for difference in check_books()] == [("sales", "captured without a sale")]
