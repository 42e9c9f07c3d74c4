"""Forms of suppression lists."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.core.errors import Problem
from accounts.portal.forms import PortalForm
from exchange.core.contact_lists import BYTES_MAX, LINES_MAX
from exchange.core.uploads import text_of

MEGABYTES = BYTES_MAX // 1024 // 1024
_WHOSE = [("", "named in the file"), ("phone", "phones"), ("email", "e-mails")]


class FindForm(PortalForm):
    """One contact to look up; it travels in the body, never in an address."""

    contact = forms.CharField(
        label="Phone, e-mail or SHA-256",
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ListForm(PortalForm):
    """People, pasted or as a file; `cleaned_data["text"]` is what is to be read."""

    contacts = forms.CharField(
        label="Paste them", required=False, strip=False,
        help_text="One a line: a phone, an e-mail address or a SHA-256 of its normal form.",
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text=f"CSV or text, up to {LINES_MAX:,} lines and {MEGABYTES} MB. A header may name the columns "
        "phone, email, phone_sha256, email_sha256; other columns are passed over.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )
    hashes = forms.ChoiceField(label="A SHA-256 in an unnamed column is of", choices=_WHOSE, required=False)

    def clean(self) -> dict[str, Any]:
        """Take exactly one of the two, as text."""
        data = super().clean() or self.cleaned_data
        pasted, file = data.get("contacts", ""), data.get("file")
        if file and pasted.strip():
            raise forms.ValidationError("Paste them or choose a file, not both.")
        if not file and not pasted.strip():
            where = f", or choose a file of at most {MEGABYTES} MB" if "file" in self.fields else ""
            raise forms.ValidationError(f"Paste at least one contact{where}.")
        return {**data, "text": self._read(file) if file else pasted}

    def _read(self, file: Any) -> str:
        try:
            if file.size <= BYTES_MAX:
                return text_of(file.read())
            self.add_error("file", f"A file has at most {MEGABYTES} MB: split it.")
        except Problem as problem:
            self.add_error("file", problem.errors[0].detail)
        return ""


class RemoveForm(ListForm):
    """People to take off, pasted."""

    file = None  # type: ignore[assignment]
