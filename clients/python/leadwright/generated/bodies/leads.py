"""What the exchange is asked of leads. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from leadwright.generated.bodies.campaigns import Money

Device = Literal["desktop", "mobile", "tablet", "other"]


class EventIn(TypedDict):
    """One thing the visitor did."""

    action: str
    at: NotRequired[datetime | str]


class BehaviourIn(TypedDict):
    """What the visitor did before the lead."""

    landing_page_url: NotRequired[str]
    referrer: NotRequired[str]
    device: NotRequired[Device]
    user_agent: NotRequired[str]
    ip: NotRequired[str]
    """stored as /24 or /48"""
    pages_viewed: NotRequired[float]
    pages_per_visit: NotRequired[float]
    time_on_site_seconds: NotRequired[float]
    session_count: NotRequired[float]
    form_seconds: NotRequired[float]
    events: NotRequired[Sequence[EventIn]]
    comments: NotRequired[str]
    """free text without personal data"""


class TouchpointIn(TypedDict):
    """One contact with marketing before the lead."""

    channel: str
    campaign: NotRequired[str]
    at: NotRequired[datetime | str]


ConsentMethod = Literal["checkbox", "button", "signature", "verbal"]


class ConsentIn(TypedDict):
    """How, to which words and when the person agreed; every field of docs/reference may be sent."""

    method: NotRequired[ConsentMethod]
    text: NotRequired[str]
    text_id: NotRequired[str]
    captured_at: NotRequired[datetime | str]
    sellers: NotRequired[Sequence[str]]
    page_url: NotRequired[str]
    certificate_url: NotRequired[str]


PhoneType = Literal["mobile", "landline", "voip", "toll_free", "other"]


class ContactHintsIn(TypedDict):
    """What can be said of the contact without saying who it is: it tells whether somebody will be reached."""

    area_code: NotRequired[str]
    """of the telephone"""
    phone_type: NotRequired[PhoneType]
    email_domain: NotRequired[str]
    """kept when many people share it, as gmail.com; any other is kept as own"""
    ip_state: NotRequired[str]
    """the state the visitor's IP lies in"""


LeadKind = Literal["form", "call", "click_to_call"]


class LeadIn(TypedDict):
    """Ping and post in one."""

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
    contact: Mapping[str, Any]
    external_id: NotRequired[str]
