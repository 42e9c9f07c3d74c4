"""Forms of webhooks and of sending again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from accounts.portal.forms import InstantField, PortalForm
from exchange.core.events import DELIVERED, QUOTED, RETURNED, SOLD, types_for, types_unless_asked
from exchange.core.webhooks import DESCRIPTION_LENGTH_MAX, OVERLAP_HOURS, OVERLAP_HOURS_MAX, STATUSES
from scoring.core.notices import ALERT_CLOSED, ALERT_OPENED, MODEL_PROMOTED, MODEL_ROLLED_BACK

EVENT_WORDS = {
    SOLD: "lead.sold: a lead is sold",
    DELIVERED: "lead.delivered: the buyer's system has taken it",
    RETURNED: "lead.returned: a return is approved",
    QUOTED: "ping.quoted: a ping has quotes (there are many of them)",
    ALERT_OPENED: "alert.opened: an alarm of the monitors rings",
    ALERT_CLOSED: "alert.closed: it is quiet again",
    MODEL_PROMOTED: "model.promoted: another version serves a vertical",
    MODEL_ROLLED_BACK: "model.rolled_back: the version before serves again",
}


class WebhookForm(PortalForm):
    """What a webhook is made of; its service has the last word."""

    url = forms.CharField(
        label="Address",
        help_text="Where your system takes events, such as https://hooks.example.com/leadwright. Each is signed.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label="Description", required=False, max_length=DESCRIPTION_LENGTH_MAX, help_text="For you, such as the system behind it."
    )
    events = forms.MultipleChoiceField(label="Events", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *arguments: Any, kind: str, **options: Any) -> None:
        """Offer the events of this kind of organization."""
        super().__init__(*arguments, **options)
        self.fields["events"].choices = [(one, words) for one, words in EVENT_WORDS.items() if one in types_for(kind)]  # type: ignore[attr-defined]
        self.fields["events"].initial = list(types_unless_asked(kind))


class KnownWebhookForm(WebhookForm):
    """A webhook that exists can be switched off and on."""

    status = forms.ChoiceField(
        choices=[(status, status.capitalize()) for status in STATUSES],
        help_text="What happens while it is disabled is not sent later. Enabling forgets its failures.",
    )


class RotateForm(PortalForm):
    """For how long two secrets sign."""

    overlap_hours = forms.IntegerField(
        label="Hours in which both secrets sign",
        min_value=0,
        max_value=OVERLAP_HOURS_MAX,
        initial=OVERLAP_HOURS,
        help_text=f"0 to {OVERLAP_HOURS_MAX}. With 0 the present one ends at once.",
    )


class SinceForm(PortalForm):
    """From when on to send again."""

    since = InstantField(label="Since (UTC)")

    @classmethod
    def a_day_before(cls, now: datetime) -> SinceForm:
        """Offer the last day."""
        return cls(initial={"since": now - timedelta(days=1)})
