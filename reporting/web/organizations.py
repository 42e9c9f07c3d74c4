"""/o/<slug>/organizations: who trades here, each with its people, money and history; admit one, pay in, set a credit limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.admissions import KINDS, NAME_LENGTH_MAX, SLUG_LENGTH_MAX, admit
from accounts.core.clock import utc_now
from accounts.core.display import kpi, money
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.menu import OPERATORS
from accounts.core.money import CENT, MoneyError, micros_from_text, text_from_micros
from accounts.ledger import services as ledger
from accounts.ledger.selectors import Balance
from accounts.portal.cursors import id_of
from accounts.portal.forms import PortalForm
from accounts.portal.pages import page, to
from accounts.portal.people import send_invitation
from accounts.portal.visits import PortalRequest
from reporting.organizations import OrganizationDetail, get_participant, list_participants

OPERATE = "exchange:operate"
ROWS = 50
KIND_WORDS = {"publisher": "Publisher: sells leads", "advertiser": "Advertiser: buys leads", "both": "Both: sells and buys"}
STATES = {
    "trading": ("ok", "Trading", "circle-check"), "quiet": ("quiet", "Quiet today", "circle-dot"),
    "invited": ("warn", "Nobody came yet", "mail"),
}  # fmt: skip


class AdmitForm(PortalForm):
    """A new organization and its first owner."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH_MAX)
    slug = forms.CharField(label="Address", max_length=SLUG_LENGTH_MAX, help_text="Stands in its pages' addresses: /o/lone-star/")
    kind = forms.ChoiceField(label="Kind", choices=[(kind, KIND_WORDS[kind]) for kind in KINDS])
    email = forms.EmailField(label="First owner's e-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))


class AmountField(forms.CharField):
    """An amount such as 250.00, in micros; whole cents, 0 or more."""

    def clean(self, value: str) -> int:
        """Read it as a person writes it, thousands marked or not."""
        text = super().clean(value).replace(",", "").lstrip("$")
        try:
            micros = micros_from_text(text)
        except MoneyError as error:
            raise forms.ValidationError("Give an amount such as 250.00.") from error
        if micros < 0 or micros % CENT:
            raise forms.ValidationError("Give 0 or more, in whole cents.")
        return micros


class DepositForm(PortalForm):
    """Money that came in. `idempotency_key` is of the page, so that sending it twice pays in once."""

    amount = AmountField(label="Amount", widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
    memo = forms.CharField(label="Reference", required=False, max_length=200, help_text="Such as the number of the transfer.")
    idempotency_key = forms.CharField(max_length=60, widget=forms.HiddenInput)


class CreditForm(PortalForm):
    """How far a wallet may go below zero."""

    credit_limit = AmountField(
        label="Credit limit", widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )


@dataclass(frozen=True, slots=True)
class Review:
    """What a confirmed form would do, for the page that asks once more: (what, before, after) rows."""

    title: str
    verb: str
    url_name: str
    rows: tuple[tuple[str, str, str], ...]


@page(reads=OPERATE, kinds=OPERATORS)
def organizations(request: PortalRequest) -> HttpResponse:
    """List who trades here, with money, today's traffic and people."""
    found = list_participants(request.caller, at=utc_now())
    part = Paginator(found, ROWS).get_page(request.GET.get("page"))
    rows = [(encode("organization", row.organization.id), STATES[row.state], row) for row in part]
    shown = {"rows": rows, "part": part, "currency": request.caller.currency, "all": len(found)}
    return render(request, "reporting/organizations.html", shown)


@page(reads=OPERATE, kinds=OPERATORS)
def organization(request: PortalRequest, organization_id: str) -> HttpResponse:
    """Show one organization."""
    return _draw(request, _find(request, organization_id))


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def organization_new(request: PortalRequest) -> HttpResponse:
    """Create an organization and invite its first owner; the link is shown once and mailed."""
    if request.organization.mode == "test":
        # A sandbox comes with its live half.
        raise Http404
    form = AdmitForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "reporting/organization_new.html", {"form": form}, status=422 if request.POST else 200)
    try:
        made = admit(**form.cleaned_data, actor=request.member.actor, invited_by=request.member.user_id, at=utc_now())
    except Problem as problem:
        form.take(problem)
        return render(request, "reporting/organization_new.html", {"form": form}, status=422)
    link = settings.BASE_URL + reverse("invitation", args=[made.token])
    name, email = form.cleaned_data["name"], form.cleaned_data["email"]
    issued = {"link": link, "email": email, "name": name, "sent": send_invitation(request, name, email, link)}
    return _draw(request, _find(request, encode("organization", made.organization_id)), issued=issued)


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def deposit(request: PortalRequest, organization_id: str) -> HttpResponse:
    """Book money that an advertiser paid in, once it was looked at again."""
    detail = _find(request, organization_id)
    if request.method != "POST":
        return to(request, "organization", organization_id=organization_id)
    wallet, form = _wallet(detail), DepositForm(request.POST)
    if not form.is_valid():
        return _draw(request, detail, deposit_form=form, status=422)
    if "confirmed" not in request.POST:
        return _ask(request, detail, form, _review_of_deposit(wallet, form.cleaned_data["amount"]))
    try:
        booked = ledger.deposit(account_id=wallet.account.id, at=utc_now(), actor=request.member.actor, **form.cleaned_data)
    except Problem as problem:
        form.take(problem)
        return _draw(request, detail, deposit_form=form, status=problem.status)
    amount = money(form.cleaned_data["amount"], wallet.account.currency)
    messages.success(request, f"{amount} was booked before; nothing was added." if booked.replayed else f"{amount} paid in.")
    return to(request, "organization", organization_id=organization_id)


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def credit(request: PortalRequest, organization_id: str) -> HttpResponse:
    """Set how far a wallet may go below zero, once it was looked at again; the market hears of it at once."""
    detail = _find(request, organization_id)
    if request.method != "POST":
        return to(request, "organization", organization_id=organization_id)
    wallet, form = _wallet(detail), CreditForm(request.POST)
    if not form.is_valid():
        return _draw(request, detail, credit_form=form, status=422)
    limit = form.cleaned_data["credit_limit"]
    if "confirmed" not in request.POST:
        return _ask(request, detail, form, _review_of_credit(wallet, limit))
    try:
        ledger.set_credit_limit(account_id=wallet.account.id, credit_limit_amount=limit, actor=request.member.actor)
    except Problem as problem:
        form.take(problem)
        return _draw(request, detail, credit_form=form, status=problem.status)
    messages.success(request, f"The credit limit is {money(limit, wallet.account.currency)} now.")
    return to(request, "organization", organization_id=organization_id)


def _find(request: PortalRequest, organization_id: str) -> OrganizationDetail:
    return get_participant(request.caller, id_of("organization", organization_id), at=utc_now())


def _wallet(detail: OrganizationDetail) -> Balance:
    if detail.wallet is None:
        # A publisher has no wallet: nothing to pay into.
        raise Http404
    return detail.wallet


def _review_of_deposit(wallet: Balance, amount: int) -> Review:
    currency = wallet.account.currency
    before, after = (money(one, currency) for one in (wallet.balance_amount, wallet.balance_amount + amount))
    return Review(f"Pay in {money(amount, currency)}?", "Pay in", "organization_deposit", (("Balance", before, after),))


def _review_of_credit(wallet: Balance, limit: int) -> Review:
    currency, old = wallet.account.currency, wallet.account.credit_limit_amount
    may_spend = (wallet.balance_amount + old, wallet.balance_amount + limit)
    rows = (
        ("Credit limit", money(old, currency), money(limit, currency)),
        ("May still spend", money(may_spend[0], currency), money(may_spend[1], currency)),
    )
    return Review(f"Set the credit limit to {money(limit, currency)}?", "Set the limit", "organization_credit", rows)


def _ask(request: PortalRequest, detail: OrganizationDetail, form: PortalForm, review: Review) -> HttpResponse:
    sent = [(name, form.data.get(name, "")) for name in form.fields]
    shown = {"detail": detail, "id": encode("organization", detail.organization.id), "review": review, "sent": sent}
    return render(request, "reporting/organization_confirm.html", shown)


def _draw(
    request: PortalRequest,
    detail: OrganizationDetail,
    *,
    deposit_form: PortalForm | None = None,
    credit_form: PortalForm | None = None,
    issued: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    wallet = detail.wallet
    limit = {"credit_limit": text_from_micros(wallet.account.credit_limit_amount)} if wallet else {}
    shown = {
        "detail": detail, "id": encode("organization", detail.organization.id), "currency": request.caller.currency,
        "deposit_form": deposit_form or DepositForm(initial={"idempotency_key": _fresh_key()}),
        "credit_form": credit_form or CreditForm(initial=limit), "issued": issued,
        "numbers": _numbers(detail, request.caller.currency),
        "audit": [(_who(detail, entry.actor), _told(entry.changes), entry) for entry in detail.audit],
    }  # fmt: skip
    return render(request, "reporting/organization.html", shown, status=status)


def _fresh_key() -> str:
    return f"portal:{uuid4().hex}"


def _numbers(detail: OrganizationDetail, currency: str) -> list[dict[str, Any]]:
    made = []
    for one in detail.balances:
        if one.credit is None:
            made.append(kpi("Payable", money(one.balance_amount, currency), "earned, not yet paid out"))
        else:
            made.append(kpi("Wallet", money(one.balance_amount, currency), f"{money(one.credit.spent, currency)} spent"))
            limit = one.account.credit_limit_amount
            made.append(kpi("May still spend", money(one.credit.unspent, currency), f"with {money(limit, currency)} of credit"))
    if detail.organization.kind != "publisher":
        made.append(kpi("Campaigns", f"{sum(detail.campaigns.values()):,}", _counted(detail.campaigns)))
    if detail.organization.kind != "advertiser":
        made.append(kpi("Sources", f"{sum(detail.sources.values()):,}", _counted(detail.sources)))
    return [*made, kpi("API keys", f"{detail.keys:,}", "that work now")]


def _counted(statuses: Any) -> str:
    return ", ".join(f"{number} {status}" for status, number in statuses.items())


def _who(detail: OrganizationDetail, actor: str) -> str:
    """Name the person behind an entry where it is one of theirs; else what the trail says."""
    names: dict[str, str] = {f"user:{encode('user', one.user_id)}": one.name for one in detail.members}
    return names.get(actor, actor)


def _told(changes: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in changes.items()]
