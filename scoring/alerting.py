"""Tell of alerts by e-mail. Pages show them anyway, so a mail that cannot be sent stops nothing."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import send_mail
from django.template.loader import render_to_string

from accounts.core.roles import portal_scopes_for
from accounts.members import list_members
from accounts.selectors import OrganizationFacts
from scoring.announcing import page_of
from scoring.monitoring import AlertFacts


def tell(alerts: Sequence[AlertFacts], operator: OrganizationFacts) -> int:
    """Send one mail about these alerts to each member of the operator who may operate the exchange; gives how many went out."""
    if not alerts:
        return 0
    address = page_of(operator.slug, "scoring/alerts")
    text = render_to_string("scoring/email/alerts.txt", {"alerts": alerts, "address": address})
    verticals = ", ".join(sorted({alert.vertical for alert in alerts}))
    subject = f"{'Alarm' if any(alert.level == 'red' for alert in alerts) else 'Look'}: {verticals}"
    return sum(send_mail(subject, text, None, [email], fail_silently=True) for email in _operators(operator))


def _operators(operator: OrganizationFacts) -> list[str]:
    people = list_members(organization_id=operator.id)
    return [one.email for one in people if "exchange:operate" in portal_scopes_for(operator.kind, one.role)]
