"""Forms of dispositions."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.core.clock import rfc3339
from accounts.core.errors import FieldError, Problem
from accounts.core.ids import encode
from accounts.portal.forms import InstantField, PortalForm
from exchange.auction.selectors import SideFacts
from exchange.core.dispositions import AGENT_LENGTH_MAX, ENTRIES_MAX, INVALID, LOST, OPEN, WON
from exchange.core.uploads import text_of

STAGE_WORDS = {OPEN: "Still open", WON: "Won", LOST: "Lost", INVALID: "Nobody to win"}


class ReportForm(PortalForm):
    """What became of one purchase; the service has the last word."""

    status = forms.ChoiceField(label="What became of it")
    occurred_at = InstantField(label="When (UTC)")
    revenue = forms.CharField(label="Revenue", required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    agent = forms.CharField(label="Who handled it", required=False, max_length=AGENT_LENGTH_MAX)

    def __init__(self, *arguments: Any, statuses: dict[str, str], currency: str, **options: Any) -> None:
        """Offer the statuses of the vertical by their stage."""
        super().__init__(*arguments, **options)
        by_stage = [(words, [(one, one.replace("_", " ").capitalize()) for one, its in statuses.items() if its == stage])
                    for stage, words in STAGE_WORDS.items()]  # fmt: skip
        self.fields["status"].choices = [("", "Choose"), *by_stage]  # type: ignore[attr-defined]
        self.fields["revenue"].help_text = f"In {currency}, such as 8400.00."

    def wire(self, side: SideFacts) -> dict[str, Any]:
        """Give the report as it comes over the API."""
        data = self.cleaned_data
        told = {"sale_id": encode("sale", side.sale_id), "status": data["status"], "occurred_at": rfc3339(data["occurred_at"])}
        if data["revenue"]:
            told["revenue"] = {"amount": data["revenue"].strip(), "currency": side.currency}
        return told | ({"agent": data["agent"]} if data["agent"] else {})

    def take(self, problem: Problem) -> None:
        """Show what is wrong with the amount at the revenue."""
        errors = (FieldError(one.pointer.removesuffix("/amount"), one.code, one.detail) for one in problem.errors)
        super().take(Problem(problem.code, problem.detail, tuple(errors)))


class FileForm(PortalForm):
    """A file of reports; `cleaned_data["file"]` is its text."""

    file = forms.FileField(
        label="CSV file",
        help_text="A header line with sale_id or lead_id, status, occurred_at, and if you like revenue and agent; "
        f"then at most {ENTRIES_MAX} lines.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )

    def clean_file(self) -> str:
        """Read it as text."""
        try:
            return text_of(self.cleaned_data["file"].read())
        except Problem as problem:
            raise forms.ValidationError(problem.errors[0].detail) from problem
