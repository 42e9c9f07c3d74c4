"""The post's own way to write sales: one statement, inside its transaction, for one winner or several."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.core.ids import uuid7
from accounts.ledger.core.postings import Capture, PostingError
from accounts.ledger.inserts import capture_parameters, capture_sql, insert_capture, insert_captures
from accounts.tenancy import act_as_exchange
from tests.ledger.conftest import DOLLAR, Cast, written

pytestmark = pytest.mark.services


def post(*captures: Capture) -> Any:
    with act_as_exchange("a test posts"), connection.cursor() as cursor:
        return insert_captures(cursor, captures)


def test_a_sale_is_one_statement(cast: Cast) -> None:
    with act_as_exchange("a test posts"), CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        assert insert_capture(cursor, cast.sale(25, 20)) is True
    assert len(queries) == 1
    assert cast.balances() == {"wallet": -25, "payable": 20, "margin": 5, "cash": 0}


def test_a_quote_captured_before_writes_nothing(cast: Cast) -> None:
    sale = cast.sale(25, 20)
    with act_as_exchange("a test posts"), connection.cursor() as cursor:
        assert insert_capture(cursor, sale) is True
        assert insert_capture(cursor, sale) is False
    before = written()
    assert post(sale, replace(sale, price_amount=99 * DOLLAR)) == frozenset()
    assert written() == before


def test_a_shared_lead_is_one_statement_too(cast: Cast) -> None:
    old, first, second = cast.sale(9, 7), cast.sale(8, 6), cast.sale(7, 7)
    post(old)
    with act_as_exchange("a test posts"), CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        assert insert_captures(cursor, (old, first, second)) == {first.quote_id, second.quote_id}
    assert len(queries) == 1
    assert cast.balances() == {"wallet": -24, "payable": 20, "margin": 4, "cash": 0}


@pytest.mark.parametrize("field", ["advertiser_account_id", "publisher_account_id"])
def test_an_unknown_account_is_refused(cast: Cast, field: str) -> None:
    before = written()
    with pytest.raises(PostingError, match="does not exist or is of another kind"):
        post(replace(cast.sale(), **{field: uuid7()}))
    assert written() == before


def test_swapped_accounts_are_refused(cast: Cast) -> None:
    before = written()
    with pytest.raises((PostingError, IntegrityError)):
        post(replace(cast.sale(), advertiser_account_id=cast.payable, publisher_account_id=cast.wallet))
    assert written() == before


def test_a_payout_above_the_price_is_refused(cast: Cast) -> None:
    before = written()
    with pytest.raises(PostingError, match="does not lie between 0 and the price"):
        post(cast.sale(price=20, payout=21))
    assert written() == before


def test_a_sale_ends_with_the_transaction_around_it(cast: Cast) -> None:
    before = written()
    with transaction.atomic():
        assert len(post(cast.sale())) == 1
        transaction.set_rollback(True)
    assert written() == before


def test_the_statement_can_be_run_as_it_is(cast: Cast) -> None:
    sale = cast.sale(25, 25)
    with act_as_exchange("a test posts"), connection.cursor() as cursor:
        cursor.execute(capture_sql(), capture_parameters([sale]))
        assert len(cursor.fetchall()) == 2
    assert cast.balances() == {"wallet": -25, "payable": 25, "margin": 0, "cash": 0}
