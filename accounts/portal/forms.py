"""Forms of the portal: one template for every field, and the way a service's refusal reaches its field."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting

from accounts.core.errors import Problem
from accounts.core.roles import KINDS, ROLE_WORDS, SCOPES
from accounts.services import KEY_NAME_LENGTH_MAX, ORGANIZATION_NAME_LENGTH_MAX


class Renderer(TemplatesSetting):
    """Draws forms and fields with templates/components."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class PortalForm(forms.Form):
    """A form whose service has the last word."""

    def take(self, problem: Problem) -> None:
        """Show a refusal beside the fields its pointers name (/email, /lead/zip), and above the form what names none."""
        if not problem.errors:
            self.add_error(None, problem.detail)
        for error in problem.errors:
            name = error.pointer.strip("/").replace("/", "_")
            self.add_error(name if name in self.fields else None, error.detail)


class InstantField(forms.DateTimeField):
    """A minute in UTC, in the browser's own field for it."""

    MINUTE = "%Y-%m-%dT%H:%M"

    def __init__(self, **options: Any) -> None:
        """Read and write the form browsers use, with or without seconds."""
        widget = forms.DateTimeInput(format=self.MINUTE, attrs={"type": "datetime-local"})
        super().__init__(input_formats=[self.MINUTE, f"{self.MINUTE}:%S"], widget=widget, **options)


class InviteForm(PortalForm):
    """Whom to invite, as what."""

    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role")

    def __init__(self, *arguments: Any, roles: tuple[str, ...], **options: Any) -> None:
        """Offer the roles of this kind of organization; the weakest is the default."""
        super().__init__(*arguments, **options)
        self.fields["role"].choices = [(role, f"{role.capitalize()}: {ROLE_WORDS[role].lower()}") for role in roles]  # type: ignore[attr-defined]
        self.fields["role"].initial = roles[-1]


class KeyForm(PortalForm):
    """What a new key is called and may do."""

    name = forms.CharField(
        label="Name", max_length=KEY_NAME_LENGTH_MAX, help_text="Where it will live, such as: form server",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(label="What it may do", widget=forms.CheckboxSelectMultiple)
    # Makes a form count once: a page that is loaded again must not make another key.
    once = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, kind: str, **options: Any) -> None:
        """Offer the scopes of this kind of organization, none of them chosen."""
        super().__init__(*arguments, **options)
        offered = [(scope, f"{words.capitalize()} ({scope})") for scope, words in SCOPES.items() if scope in KINDS[kind]]
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined]
        self.fields["once"].initial = uuid4().hex


class RotateForm(PortalForm):
    """How long the replaced key stays good."""

    overlap = forms.ChoiceField(
        label="The present key stays good for",
        choices=[("now", "no time: it ends now"), ("1h", "1 hour"), ("24h", "24 hours"), ("7d", "7 days")],
        initial="24h",
        help_text="Both are good meanwhile. Change your servers over, then let it end.",
    )


class OrganizationForm(PortalForm):
    """What the organization is called."""

    name = forms.CharField(label="Name", max_length=ORGANIZATION_NAME_LENGTH_MAX)


class PoolingForm(PortalForm):
    """Whose models learn from what the organization reports."""

    pools = forms.ChoiceField(
        label="Who learns from them",
        choices=[("no", "Private: only my own campaigns"), ("yes", "Pooled: the models that everybody is served by, mine too")],
        widget=forms.RadioSelect,
        help_text="Pooled is that a lead was won or not, with what its ping said. Nobody sees your reports or your revenue.",
    )


class SignUpForm(PortalForm):
    """The name and password of a person who was invited."""

    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label="Password",
        help_text="At least 12 characters; a sentence is easier to keep than a riddle.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        """Refuse what is short or common."""
        password: str = self.cleaned_data["password"]
        try:
            validate_password(password)
        except ValidationError as error:
            raise forms.ValidationError(error.messages) from error
        return password
