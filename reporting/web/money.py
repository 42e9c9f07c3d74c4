"""/o/<slug>/money: an organization's balances, its days and its entries; /o/<slug>/ledger: the operator's books."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import money
from accounts.core.ids import encode
from accounts.core.menu import OPERATORS, TRADERS
from accounts.core.money import CENT
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import Balance, earnings_by_day, list_balances, list_books, list_entries, list_totals
from accounts.portal.cursors import before_of, older_url
from accounts.portal.pages import page
from accounts.portal.visits import PortalRequest
from accounts.selectors import list_organizations
from accounts.tenancy import act_as_exchange
from reporting.selectors import OPERATES

DAYS = 14
ROWS = 50
CENTS = 100


@page(reads="ledger:read", kinds=TRADERS)
def wallet(request: PortalRequest) -> HttpResponse:
    """Show balances, earnings or spend by day, and the newest entries."""
    currency, kind = request.caller.currency, request.organization.kind
    shown_kinds = [AccountKind.PAYABLE] if kind == "publisher" else [AccountKind.WALLET]
    shown_kinds = [AccountKind.WALLET, AccountKind.PAYABLE] if kind == "both" else shown_kinds
    accounts = [one for one in list_balances() if one.account.currency == currency and one.account.kind in shown_kinds]
    before = before_of(request, "entry")
    entries = list_entries() if before is None else list_entries().filter(id__lt=before)
    rows = list(entries.filter(currency=currency, account__kind__in=shown_kinds)[: ROWS + 1])
    older = rows[ROWS - 1].id if len(rows) > ROWS else None
    shown = {
        "numbers": [number for one in accounts for number in _numbers(one)], "entries": [_entry(row) for row in rows[:ROWS]],
        "older": older_url("entry", older), "newer": "?" if before else "", "shown": f"{len(rows[:ROWS])} entries",
        "days": [_days(one, utc_now(), currency) for one in shown_kinds], "currency": currency,
    }  # fmt: skip
    return render(request, "reporting/money.html", shown)


@page(reads="exchange:operate", kinds=OPERATORS)
def books(request: PortalRequest) -> HttpResponse:
    """Show the sums of the books, which are 0 together, and every account."""
    currency = request.caller.currency
    names = {one.id: one.name for one in list_organizations(mode=request.organization.mode)}
    with act_as_exchange(OPERATES):
        totals, accounts = list_totals(currency=currency), list_books(currency=currency)
    rows = [(names.get(one.organization_id, ""), one.kind.value, encode("account", one.id), amount) for one, amount in accounts]
    total = sum(one.amount for one in totals)
    return render(request, "reporting/books.html", {"totals": totals, "rows": rows, "total": total, "currency": currency})


def _numbers(one: Balance) -> list[dict[str, str]]:
    currency = one.account.currency
    if one.credit is None:
        return [{"label": "Payable", "value": money(one.balance_amount, currency), "note": "earned and not yet paid out"}]
    return [
        {"label": "Balance", "value": money(one.balance_amount, currency), "note": "paid in, less spent"},
        {"label": "Spent", "value": money(one.credit.spent, currency), "note": "all leads bought"},
        {"label": "Unspent", "value": money(one.credit.unspent, currency), "note": "open quotes may hold a part of it"},
    ]


def _entry(row: Any) -> dict[str, Any]:
    quote = encode("quote", row.quote_id) if row.quote_id else ""
    return {"at": row.occurred_at, "kind": row.kind, "account": row.account.kind, "amount": row.amount, "quote": quote}


def _days(kind: AccountKind, at: datetime, currency: str) -> dict[str, Any]:
    """Draw the last days as a bar each; what a wallet spends is shown above zero."""
    word, sign = ("Earnings", 1) if kind is AccountKind.PAYABLE else ("Spend", -1)
    first = at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    found = earnings_by_day(account_kind=kind, currency=currency, since=first)
    days = [(day, sign * found.get(day, 0)) for day in ((first + timedelta(days=place)).date() for place in range(DAYS))]
    best, most = max(days, key=lambda one: one[1])
    total = money(sum(amount for _, amount in days), currency)
    summary = f"{word} of {DAYS} days: {total}; the most on {best:%-d %b} with {money(most, currency)}."
    bar = {"type": "bar", "x": [f"{day:%-d %b}" for day, _ in days], "y": [amount / CENT / CENTS for _, amount in days]}
    layout = {"xaxis": {"type": "category"}, "yaxis": {"title": {"text": currency}}, "margin": {"l": 64}, "height": 280}
    return {
        "title": f"{word} by day", "name": f"days-{kind.value}", "summary": summary, "columns": ("Day", word),
        "figure": {"data": [bar], "layout": layout}, "rows": [(f"{day:%-d %b}", money(amount, currency)) for day, amount in days],
    }  # fmt: skip
