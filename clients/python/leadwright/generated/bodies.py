"""What the exchange is asked. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict


class Money(TypedDict):
    """An amount in the currency of the caller's market: USD with live keys, XTS with test keys."""

    amount: str
    """Decimal number as text, such as "41.50"."""
    currency: str


class BandShape(TypedDict):
    """From this score percentile upward: another price, or a factor."""

    percentile_from: str
    """0 to 100; higher is better."""
    price: NotRequired[Money]
    factor: NotRequired[str]


class MultiplierShape(TypedDict):
    """A condition as in filters, and the factor it brings; 0 excludes."""

    field: str
    """A field of the vertical, sub_id, device, kind, source or hour_of_week."""
    op: str
    value: NotRequired[Any]
    factor: str


class ValueShape(TypedDict):
    """Bid chance x value x (1 - margin), once the model is proven on real outcomes."""

    value: Money
    margin: NotRequired[str]


class BidShape(TypedDict):
    """What the campaign offers."""

    base_price: Money
    bands: NotRequired[Sequence[BandShape]]
    multipliers: NotRequired[Sequence[MultiplierShape]]
    min_price: NotRequired[Money | None]
    max_price: NotRequired[Money | None]
    value: NotRequired[ValueShape | None]


Window = Literal["hour", "day", "week", "month"]


class CapShape(TypedDict):
    """At most so many leads in each window, of all sources or of one."""

    window: Window
    limit: int
    source: NotRequired[str]


class BudgetShape(TypedDict):
    """At most so much money in each window, for all sources or for one."""

    window: Window
    limit: Money
    source: NotRequired[str]


ConsentPolicy = Literal["basic", "one_to_one"]


class ConsentShape(TypedDict):
    """What a lead's consent must be."""

    policy: NotRequired[ConsentPolicy]
    age_days_max: NotRequired[int]


DestinationKind = Literal["http"]


class DestinationIn(TypedDict):
    """Where leads go: an HTTP address; each request is signed as a Standard Webhook."""

    kind: NotRequired[DestinationKind]
    url: str
    headers: NotRequired[Mapping[str, str]]
    """Sent along; never shown again."""
    secret: NotRequired[str]
    """whsec_...; made by the exchange when left out."""


class CampaignIn(TypedDict):
    """A new campaign."""

    name: str
    zone: NotRequired[str]
    """Time zone of all its windows and hours, such as America/Chicago."""
    filter: NotRequired[Mapping[str, Any] | None]
    """{"all": [{"field", "op", "value"}, {"any": [...]}]}; null: every lead."""
    bid: NotRequired[BidShape | None]
    caps: NotRequired[Sequence[CapShape]]
    budgets: NotRequired[Sequence[BudgetShape]]
    schedule: NotRequired[Mapping[str, Any] | None]
    """{"hours": {"mon": [[9, 17]]}, "holidays": ["2026-12-25"]}; null: always open."""
    exclusive: NotRequired[bool]
    sales_max: NotRequired[int | None]
    """Where not exclusive: to how many advertisers in all the lead may go; null: as many as the vertical allows."""
    score_percentile_min: NotRequired[str | None]
    dedupe_days: NotRequired[int]
    allowed_sources: NotRequired[Sequence[str]]
    blocked_sources: NotRequired[Sequence[str]]
    consent: NotRequired[ConsentShape]
    destination: NotRequired[DestinationIn]
    vertical: str


class CampaignPatch(TypedDict):
    """Parts of a campaign; null resets a part to its default."""

    name: NotRequired[str]
    zone: NotRequired[str]
    """Time zone of all its windows and hours, such as America/Chicago."""
    filter: NotRequired[Mapping[str, Any] | None]
    """{"all": [{"field", "op", "value"}, {"any": [...]}]}; null: every lead."""
    bid: NotRequired[BidShape | None]
    caps: NotRequired[Sequence[CapShape]]
    budgets: NotRequired[Sequence[BudgetShape]]
    schedule: NotRequired[Mapping[str, Any] | None]
    """{"hours": {"mon": [[9, 17]]}, "holidays": ["2026-12-25"]}; null: always open."""
    exclusive: NotRequired[bool]
    sales_max: NotRequired[int | None]
    """Where not exclusive: to how many advertisers in all the lead may go; null: as many as the vertical allows."""
    score_percentile_min: NotRequired[str | None]
    dedupe_days: NotRequired[int]
    allowed_sources: NotRequired[Sequence[str]]
    blocked_sources: NotRequired[Sequence[str]]
    consent: NotRequired[ConsentShape]
    destination: NotRequired[DestinationIn]


class ResendIn(TypedDict):
    """What to send again: what was sold since an instant and not accepted."""

    since: datetime | str
    campaign_id: NotRequired[str]


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


PhoneTypeEnum = Literal["mobile", "landline", "voip", "toll_free", "other"]


class ContactHintsIn(TypedDict):
    """What can be said of the contact without saying who it is: it tells whether somebody will be reached."""

    area_code: NotRequired[str]
    """of the telephone"""
    phone_type: NotRequired[PhoneTypeEnum]
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


SourceStatus = Literal["active", "paused"]


class FloorShape(TypedDict):
    """A smallest payout; null means every vertical, every sub-id."""

    vertical: NotRequired[str | None]
    sub_id: NotRequired[str | None]
    floor_price: Money


class SourceIn(TypedDict):
    """Where leads come from."""

    name: str
    status: NotRequired[SourceStatus]
    verticals: NotRequired[Sequence[str]]
    """Empty means all."""
    floors: NotRequired[Sequence[FloorShape]]
    allowed_advertisers: NotRequired[Sequence[str]]
    """Ids org_...; when there are any, only those may buy."""
    blocked_advertisers: NotRequired[Sequence[str]]
    """Ids org_..."""
    sales_max: NotRequired[int]
    """To how many advertisers a lead may go; a ping may say otherwise."""


class SourcePatch(TypedDict):
    """Where leads come from."""

    name: NotRequired[str]
    status: NotRequired[SourceStatus]
    verticals: NotRequired[Sequence[str]]
    """Empty means all."""
    floors: NotRequired[Sequence[FloorShape]]
    allowed_advertisers: NotRequired[Sequence[str]]
    """Ids org_...; when there are any, only those may buy."""
    blocked_advertisers: NotRequired[Sequence[str]]
    """Ids org_..."""
    sales_max: NotRequired[int]
    """To how many advertisers a lead may go; a ping may say otherwise."""


WebhookEvent = Literal["ping.quoted", "lead.sold", "lead.delivered", "lead.returned"]

WebhookStatus = Literal["active", "disabled"]


class WebhookIn(TypedDict):
    """A new webhook."""

    url: str
    description: NotRequired[str | None]
    events: NotRequired[Sequence[WebhookEvent]]
    """All but ping.quoted, of which there are many, unless given."""
    status: NotRequired[WebhookStatus]
    secret: NotRequired[str]
    """whsec_...; made by the exchange when left out."""


class WebhookPatch(TypedDict):
    """Parts of a webhook."""

    url: NotRequired[str]
    description: NotRequired[str | None]
    events: NotRequired[Sequence[WebhookEvent]]
    """All but ping.quoted, of which there are many, unless given."""
    status: NotRequired[WebhookStatus]


class SinceIn(TypedDict):
    """What to send again: what was written since an instant and not accepted."""

    since: datetime | str


class RotateIn(TypedDict):
    """For how long the present secret signs beside the new one."""

    overlap_hours: NotRequired[int]
