"""Tables of the ledger. Events and entries are append-only; triggers refuse changes and events that do not balance."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.ledger.core.postings import AccountKind, EventKind
from accounts.tenancy import ExchangeModel, OwnedModel, Uuid7Field

ACCOUNT_KINDS = [(kind.value, kind.name.capitalize()) for kind in AccountKind]
HOUSE = (AccountKind.MARGIN, AccountKind.CASH)
EVENT_KINDS = [(kind.value, kind.name.capitalize()) for kind in EventKind]


class Account(OwnedModel):
    """One kind of money of one organization in one currency. The exchange has one margin and one cash account per currency."""

    id = Uuid7Field()
    kind = models.CharField(max_length=8, choices=ACCOUNT_KINDS)
    currency = models.CharField(max_length=3)
    credit_limit_amount = models.BigIntegerField(default=0)
    credit_version = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organization", "kind", "currency"), name="ledger_account_once"),
            models.UniqueConstraint(
                fields=("kind", "currency"), condition=Q(kind__in=("margin", "cash")), name="ledger_account_house"
            ),
            models.UniqueConstraint(fields=("id", "organization", "currency"), name="ledger_account_identity"),
            models.CheckConstraint(name="ledger_account_kind", condition=Q(kind__in=[kind for kind, _ in ACCOUNT_KINDS])),
            models.CheckConstraint(
                name="ledger_account_credit", condition=Q(credit_limit_amount=0) | Q(kind="wallet", credit_limit_amount__gt=0)
            ),
        )
        indexes = (models.Index(fields=("credit_version",), name="ledger_account_version"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.currency}"


class Event(ExchangeModel):
    """The header of one movement of money. `legs` is how many entries it has, so that none can be added later."""

    id = Uuid7Field()
    kind = models.CharField(max_length=10, choices=EVENT_KINDS)
    idempotency_key = models.CharField(max_length=128, unique=True)
    quote_id = models.UUIDField(null=True)
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    legs = models.PositiveSmallIntegerField()
    occurred_at = models.DateTimeField()
    memo = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("quote_id",), condition=Q(kind="capture"), name="ledger_event_sold_once"),
            models.UniqueConstraint(fields=("reverses",), condition=Q(kind="refund"), name="ledger_event_refunded_once"),
            models.CheckConstraint(name="ledger_event_kind", condition=Q(kind__in=[kind for kind, _ in EVENT_KINDS])),
            models.CheckConstraint(
                name="ledger_event_links",
                condition=Q(kind="capture", quote_id__isnull=False, reverses__isnull=True)
                | Q(kind="refund", quote_id__isnull=False, reverses__isnull=False)
                | Q(kind__in=("deposit", "adjustment", "payout"), quote_id__isnull=True, reverses__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.idempotency_key}"


class Entry(OwnedModel):
    """One leg, owned by the organization of its account. Kind, time and quote repeat the header, which tenants cannot read."""

    id = Uuid7Field()
    # The migration ties account, organization and currency together in one foreign key, and indexes begin with the organization.
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=EVENT_KINDS)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    occurred_at = models.DateTimeField()
    quote_id = models.UUIDField(null=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = (models.CheckConstraint(name="ledger_entry_moves", condition=~Q(amount=0)),)
        indexes = (
            models.Index(fields=("account", "kind"), include=("amount",), name="ledger_entry_sums"),
            models.Index(fields=("organization", "id"), name="ledger_entry_page"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"
