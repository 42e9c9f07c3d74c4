"""What the exchange is asked of posts. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from leadwright.generated.bodies.leads import ConsentIn


class PostIn(TypedDict):
    """The full lead, sent against the quotes of its ping."""

    ping_id: str
    quote_ids: NotRequired[Sequence[str]]
    """all quotes of the ping when left out"""
    contact: Mapping[str, Any]
    """the vertical's fields of the stage post"""
    consent: NotRequired[ConsentIn]
    lead: NotRequired[Mapping[str, Any]]
    """fields of the ping that come again must be equal"""
    external_id: NotRequired[str]
