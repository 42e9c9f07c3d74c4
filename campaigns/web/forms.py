"""The small forms of campaigns and sources; a campaign's rules are too many rows for one and stand in sheets."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.portal.forms import PortalForm
from campaigns.services.demand import NAME_LENGTH_MAX
from campaigns.verticals import load_verticals


class NewCampaignForm(PortalForm):
    """What a draft begins with."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH_MAX, help_text="Only you read it, such as: Texas roofs.")
    vertical = forms.ChoiceField(label="Kind of lead", help_text="It stays for the life of the campaign.")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Offer every vertical."""
        super().__init__(*arguments, **options)
        self.fields["vertical"].choices = [(one.slug, one.label) for one in load_verticals().values()]  # type: ignore[attr-defined]
