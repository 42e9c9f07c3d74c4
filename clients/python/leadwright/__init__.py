"""A client of the Leadwright exchange: typed operations, safe repetitions, problems as exceptions, verified webhooks.

Everything public is named here; `answers` and `bodies` hold the types of what comes back and of what is sent.
"""

from __future__ import annotations

from leadwright.exchange import Leadwright
from leadwright.generated import answers, bodies
from leadwright.pages import Page
from leadwright.problems import (
    Conflict,
    FieldFault,
    Forbidden,
    InvalidRequest,
    KeyReused,
    LeadwrightError,
    NotFound,
    Problem,
    QuoteExpired,
    QuoteUsed,
    RateLimited,
    Unanswered,
    Unauthenticated,
    Unavailable,
)
from leadwright.version import VERSION as __version__
from leadwright.webhooks import BadSignature, Event, read_event, verify

__all__ = [
    "BadSignature",
    "Conflict",
    "Event",
    "FieldFault",
    "Forbidden",
    "InvalidRequest",
    "KeyReused",
    "Leadwright",
    "LeadwrightError",
    "NotFound",
    "Page",
    "Problem",
    "QuoteExpired",
    "QuoteUsed",
    "RateLimited",
    "Unanswered",
    "Unauthenticated",
    "Unavailable",
    "__version__",
    "answers",
    "bodies",
    "read_event",
    "verify",
]
