"""GET /api/v1/ledger/balance and /entries: what an organization sees of its own money."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import rfc3339
from accounts.core.errors import FieldError, invalid
from accounts.core.ids import encode
from accounts.core.money import Money
from accounts.ledger.core.postings import AccountKind, EventKind
from accounts.ledger.models import ACCOUNT_KINDS, EVENT_KINDS, Entry
from accounts.ledger.selectors import Balance, list_balances, list_entries
from accounts.rest.bodies import PAGE
from accounts.rest.pages import page_of
from accounts.rest.schemas import MoneySerializer
from accounts.rest.views import TenantView

Kind = TypeVar("Kind", bound=StrEnum)


class AccountOut(serializers.Serializer):  # type: ignore[type-arg]
    """One account; the last three only for a wallet."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=ACCOUNT_KINDS)
    balance = MoneySerializer(help_text="What the exchange owes you; below zero, what you owe it.")
    credit_limit = MoneySerializer(required=False, help_text="How far the balance may go below zero.")
    spent = MoneySerializer(required=False, help_text="The price of all leads bought, returned ones included.")
    unspent = MoneySerializer(required=False, help_text="Balance and credit limit together; open quotes may hold a part of it.")


class BalanceOut(serializers.Serializer):  # type: ignore[type-arg]
    """The accounts of an organization."""

    accounts = AccountOut(many=True)


class EntryOut(serializers.Serializer):  # type: ignore[type-arg]
    """One movement of money on one account."""

    id = serializers.CharField()
    event_id = serializers.CharField(help_text="Entries of one event carry the same id.")
    account_id = serializers.CharField()
    account_kind = serializers.ChoiceField(choices=ACCOUNT_KINDS)
    kind = serializers.ChoiceField(choices=EVENT_KINDS)
    amount = MoneySerializer(help_text="Above zero for you, below zero against you.")
    quote_id = serializers.CharField(allow_null=True, help_text="The quote that was sold or returned.")
    occurred_at = serializers.DateTimeField()


class EntriesOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of entries, newest first."""

    data = EntryOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


BALANCE_EXAMPLE = OpenApiExample(
    "An advertiser that has bought one lead",
    {
        "accounts": [
            {
                "id": "acc_01k2j3h4g5f6e7d8c9b0a1z2y3",
                "kind": "wallet",
                "balance": {"amount": "75.00", "currency": "USD"},
                "credit_limit": {"amount": "0.00", "currency": "USD"},
                "spent": {"amount": "25.00", "currency": "USD"},
                "unspent": {"amount": "75.00", "currency": "USD"},
            }
        ]
    },
    response_only=True,
)
ENTRIES_EXAMPLE = OpenApiExample(
    "What a publisher earned",
    {
        "data": [
            {
                "id": "ent_01k2j3h4g5f6e7d8c9b0a1z2y3",
                "event_id": "evt_01k2j3h4g5f6e7d8c9b0a1z2y3",
                "account_id": "acc_01k2j3h4g5f6e7d8c9b0a1z2y3",
                "account_kind": "payable",
                "kind": "capture",
                "amount": {"amount": "20.00", "currency": "USD"},
                "quote_id": "qte_01k2j3h4g5f6e7d8c9b0a1z2y3",
                "occurred_at": "2026-11-22T13:05:09.120Z",
            }
        ],
        "has_more": False,
        "next_cursor": None,
    },
    response_only=True,
)


class BalanceView(TenantView):
    """Balances of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "ledger:read"}

    @extend_schema(operation_id="getBalance", tags=["Ledger"], responses=BalanceOut, examples=[BALANCE_EXAMPLE])
    def get(self, request: Request) -> Response:
        """Give the balance of each of your accounts."""
        return Response({"accounts": [_account_out(balance) for balance in list_balances()]})


class EntriesView(TenantView):
    """Entries of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "ledger:read"}

    @extend_schema(
        operation_id="listEntries",
        tags=["Ledger"],
        responses=EntriesOut,
        examples=[ENTRIES_EXAMPLE],
        parameters=[
            *PAGE,
            OpenApiParameter("kind", str, enum=[kind.value for kind in EventKind], description="Only this kind of event."),
            OpenApiParameter("account_kind", str, enum=[kind.value for kind in AccountKind], description="Only this account."),
        ],
    )
    def get(self, request: Request) -> Response:
        """List your entries, newest first."""
        entries = list_entries(
            kind=_chosen(request, "kind", EventKind), account_kind=_chosen(request, "account_kind", AccountKind)
        )
        return Response(page_of(request, entries, "entry", _entry_out))


def _chosen(request: Request, name: str, kinds: type[Kind]) -> Kind | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return kinds(text)
    except ValueError as error:
        raise invalid([FieldError(f"/{name}", "unknown", f"Choose one of {', '.join(kinds)}.")]) from error


def _account_out(balance: Balance) -> dict[str, Any]:
    account, credit = balance.account, balance.credit
    shown = {"balance": balance.balance_amount}
    if credit is not None:
        shown |= {"credit_limit": account.credit_limit_amount, "spent": credit.spent, "unspent": credit.unspent}
    amounts = {name: Money(micros, account.currency).as_json() for name, micros in shown.items()}
    return {"id": encode("account", account.id), "kind": account.kind.value, **amounts}


def _entry_out(entry: Entry) -> dict[str, Any]:
    return {
        "id": encode("entry", entry.id),
        "event_id": encode("event", entry.event_id),
        "account_id": encode("account", entry.account_id),
        "account_kind": entry.account.kind,
        "kind": entry.kind,
        "amount": Money(entry.amount, entry.currency).as_json(),
        "quote_id": None if entry.quote_id is None else encode("quote", entry.quote_id),
        "occurred_at": rfc3339(entry.occurred_at),
    }
