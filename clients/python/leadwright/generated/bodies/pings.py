"""What the exchange is asked of pings. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from leadwright.generated.bodies.campaigns import Money
from leadwright.generated.bodies.leads import (
    BehaviourIn,
    ConsentIn,
    ContactHintsIn,
    LeadKind,
    TouchpointIn,
)


class PingIn(TypedDict):
    """A lead without personal data."""

    source: str
    vertical: str
    """such as home.roofing"""
    lead: Mapping[str, Any]
    """the vertical's fields of the stage ping"""
    sub_id: NotRequired[str]
    sub_id2: NotRequired[str]
    sub_id3: NotRequired[str]
    sub_id4: NotRequired[str]
    sub_id5: NotRequired[str]
    behaviour: NotRequired[BehaviourIn]
    touchpoints: NotRequired[Sequence[TouchpointIn]]
    consent: NotRequired[ConsentIn]
    contact_hashes: NotRequired[Mapping[str, str]]
    contact_hints: NotRequired[ContactHintsIn]
    min_price: NotRequired[Money]
    max_sales: NotRequired[int]
    """to how many advertisers the lead may go, as far as its vertical allows; the source's setting when left out"""
    kind: NotRequired[LeadKind]
