"""Checks of the books: each names what it found, in words an operator can act on.

`CHECKS` is a list so that a stage above may add its own, as the exchange does for sales against captures. A check reads with the
cursor it is given and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.core.ids import encode
from accounts.core.money import text_from_micros
from accounts.ledger.core.balances import Line, credit_of, fold
from accounts.ledger.core.postings import EventKind
from accounts.tenancy import act_as_exchange

ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Something the books should not contain: which check, about what (an id or a currency), in words."""

    check: str
    subject: str
    detail: str


Check = Callable[[CursorWrapper], Iterable[Difference]]

_SUMS = "SELECT currency, sum(amount)::bigint FROM ledger_entry GROUP BY currency HAVING sum(amount) <> 0 ORDER BY currency"

_UNBALANCED = """
SELECT event.id, event.kind, event.legs, count(entry.id), coalesce(sum(entry.amount), 0)::bigint, count(DISTINCT entry.currency)
FROM ledger_event event LEFT JOIN ledger_entry entry ON entry.event_id = event.id
GROUP BY event.id
HAVING count(entry.id) <> event.legs OR coalesce(sum(entry.amount), 0) <> 0 OR count(DISTINCT entry.currency) <> 1
ORDER BY event.id
"""

# What each kind of event moves, on which kinds of account, in which direction (both where a word is missing).
_SHAPES = """
SELECT event.id, event.kind, account.kind, entry.amount
FROM ledger_entry entry
JOIN ledger_event event ON event.id = entry.event_id JOIN ledger_account account ON account.id = entry.account_id
WHERE entry.kind <> event.kind OR entry.organization_id <> account.organization_id OR entry.currency <> account.currency
   OR (event.kind, account.kind, sign(entry.amount)) NOT IN (
    ('deposit', 'cash', -1), ('deposit', 'wallet', 1),
    ('capture', 'wallet', -1), ('capture', 'payable', 1), ('capture', 'margin', 1),
    ('refund', 'wallet', 1), ('refund', 'payable', -1), ('refund', 'margin', -1),
    ('adjustment', 'margin', -1), ('adjustment', 'margin', 1), ('adjustment', 'wallet', -1), ('adjustment', 'wallet', 1),
    ('adjustment', 'payable', -1), ('adjustment', 'payable', 1),
    ('payout', 'payable', -1), ('payout', 'cash', 1))
ORDER BY entry.id
"""

_ORPHANS = """
SELECT entry.id FROM ledger_entry entry
LEFT JOIN ledger_event event ON event.id = entry.event_id LEFT JOIN ledger_account account ON account.id = entry.account_id
WHERE event.id IS NULL OR account.id IS NULL ORDER BY entry.id
"""

_SOLD_TWICE = """
SELECT quote_id, count(*) FROM ledger_event WHERE kind = 'capture' GROUP BY quote_id HAVING count(*) > 1 ORDER BY quote_id
"""

_REFUNDS = """
SELECT back.id FROM ledger_event back LEFT JOIN ledger_event sold ON sold.id = back.reverses_id AND sold.kind = 'capture'
WHERE back.kind = 'refund' AND (sold.id IS NULL OR sold.quote_id <> back.quote_id OR EXISTS (
    SELECT account_id FROM ledger_entry WHERE event_id IN (back.id, sold.id) GROUP BY account_id HAVING sum(amount) <> 0))
ORDER BY back.id
"""

_ENTRIES = "SELECT id, account_id, kind, amount FROM ledger_entry WHERE id > %s ORDER BY id LIMIT %s"

_BALANCES = """
SELECT account.id, account.kind, account.currency, account.credit_limit_amount, coalesce(sum(entry.amount), 0)::bigint,
       coalesce(-sum(entry.amount) FILTER (WHERE entry.kind = 'capture'), 0)::bigint
FROM ledger_account account LEFT JOIN ledger_entry entry ON entry.account_id = account.id
GROUP BY account.id ORDER BY account.id
"""


def check_sums(cursor: CursorWrapper) -> Iterator[Difference]:
    """All entries of a currency add up to 0."""
    cursor.execute(_SUMS)
    for currency, total in cursor.fetchall():
        yield Difference("sums", currency, f"all entries add up to {text_from_micros(total)} {currency}, not to 0.00")


def check_events(cursor: CursorWrapper) -> Iterator[Difference]:
    """Each event has the entries its header counts, in one currency, with the sum 0, on the accounts its kind moves."""
    cursor.execute(_UNBALANCED)
    for event_id, kind, legs, entries, total, currencies in cursor.fetchall():
        detail = (
            f"{kind} of {legs} legs has {entries} entries in {currencies} currencies that add up to {text_from_micros(total)}"
        )
        yield Difference("events", encode("event", event_id), detail)
    cursor.execute(_SHAPES)
    for event_id, kind, account_kind, amount in cursor.fetchall():
        detail = f"{kind} moves {text_from_micros(amount)} on an account of kind {account_kind}"
        yield Difference("events", encode("event", event_id), detail)


def check_orphans(cursor: CursorWrapper) -> Iterator[Difference]:
    """Each entry has its event and its account."""
    cursor.execute(_ORPHANS)
    for (entry_id,) in cursor.fetchall():
        yield Difference("orphans", encode("entry", entry_id), "entry without event or account")


def check_quotes(cursor: CursorWrapper) -> Iterator[Difference]:
    """Each quote is sold at most once, and a refund mirrors the capture of its quote."""
    cursor.execute(_SOLD_TWICE)
    for quote_id, times in cursor.fetchall():
        yield Difference("quotes", encode("quote", quote_id), f"sold {times} times")
    cursor.execute(_REFUNDS)
    for (event_id,) in cursor.fetchall():
        yield Difference("quotes", encode("event", event_id), "refund that does not mirror the capture of its quote")


def check_balances(cursor: CursorWrapper) -> Iterator[Difference]:
    """PostgreSQL's balances equal the fold of the entries, and no wallet is beyond its credit."""
    cursor.execute(_BALANCES)
    summed = {row[0]: row[1:] for row in cursor.fetchall()}
    spent: dict[UUID, int] = {}
    balances: dict[UUID, int] = {}
    for lines in _lines(cursor):
        balances = fold(lines, balances)
        for line in lines:
            spent[line.account_id] = spent.get(line.account_id, 0) + credit_of((line,)).spent
    for account_id, (kind, currency, limit, balance, captured) in summed.items():
        subject, folded = encode("account", account_id), balances.get(account_id, 0)
        if balance != folded or captured != spent.get(account_id, 0):
            detail = f"{kind} stands at {text_from_micros(balance)} {currency}, its entries fold to {text_from_micros(folded)}"
            yield Difference("balances", subject, detail)
        if kind == "wallet" and folded + limit < 0:
            yield Difference("credit", subject, f"wallet is {text_from_micros(-folded - limit)} {currency} beyond its credit")


def _lines(cursor: CursorWrapper) -> Iterator[list[Line]]:
    last = UUID(int=0)
    while True:
        cursor.execute(_ENTRIES, [last, ROWS_AT_ONCE])
        rows = cursor.fetchall()
        if not rows:
            return
        yield [Line(account_id, EventKind(kind), amount) for _, account_id, kind, amount in rows]
        last = rows[-1][0]


CHECKS: list[Check] = [check_sums, check_events, check_orphans, check_quotes, check_balances]


def find_differences(cursor: CursorWrapper, checks: Iterable[Check] | None = None) -> tuple[Difference, ...]:
    """Run checks with one cursor; all of CHECKS unless given."""
    return tuple(difference for check in (CHECKS if checks is None else checks) for difference in check(cursor))


def check_books() -> tuple[Difference, ...]:
    """Run all checks as the exchange on one snapshot of the database, so that sales may go on meanwhile."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with act_as_exchange("the books are checked as a whole"), connection.cursor() as cursor:
            return find_differences(cursor)
