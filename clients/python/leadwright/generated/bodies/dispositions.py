"""What the exchange is asked of dispositions. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict

from leadwright.generated.bodies.campaigns import Money


class DispositionIn(TypedDict):
    """What became of a lead you bought. Repeating it changes nothing; a correction is another report."""

    sale_id: NotRequired[str]
    """Either this or lead_id."""
    lead_id: NotRequired[str]
    status: str
    """One of received, attempted, contacted, qualified, appointment_set, quoted, won, lost, not_interested,
    not_qualified, unreachable, do_not_contact, wrong_contact, duplicate, fictitious, or a word of the
    vertical (insurance: application_started, policy_bound; mortgage: application_submitted, loan_approved,
    loan_funded; home: estimate_given, sale; legal: consultation_held, case_signed; education: applied,
    enrolled)."""
    occurred_at: datetime | str
    revenue: NotRequired[Money]
    agent: NotRequired[str]


class DispositionsIn(TypedDict):
    """One report, or up to 500 under `dispositions`; a body has at most 64 kB."""

    dispositions: Sequence[DispositionIn]


DispositionsBody = DispositionIn | DispositionsIn
