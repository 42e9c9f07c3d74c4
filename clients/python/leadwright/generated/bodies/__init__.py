"""What the exchange is asked, noun by noun. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from leadwright.generated.bodies.campaigns import (
    BandShape,
    BidShape,
    BudgetShape,
    CampaignIn,
    CampaignPatch,
    CapShape,
    ConsentPolicy,
    ConsentShape,
    DestinationIn,
    DestinationKind,
    Money,
    MultiplierShape,
    ValueShape,
    Window,
)
from leadwright.generated.bodies.deliveries import ResendIn
from leadwright.generated.bodies.dispositions import DispositionIn, DispositionsBody, DispositionsIn
from leadwright.generated.bodies.experiments import (
    ArmShape,
    ExperimentIn,
    ExperimentKind,
    ExperimentMetric,
    ExperimentUnit,
    GuardrailShape,
)
from leadwright.generated.bodies.leads import (
    BehaviourIn,
    ConsentIn,
    ConsentMethod,
    ContactHintsIn,
    Device,
    EventIn,
    LeadIn,
    LeadKind,
    PhoneType,
    TouchpointIn,
)
from leadwright.generated.bodies.pings import PingIn
from leadwright.generated.bodies.posts import PostIn
from leadwright.generated.bodies.sources import FloorShape, SourceIn, SourcePatch, SourceStatus
from leadwright.generated.bodies.webhooks import RotateIn, SinceIn, WebhookEvent, WebhookIn, WebhookPatch, WebhookStatus

__all__ = [
    "ArmShape",
    "BandShape",
    "BehaviourIn",
    "BidShape",
    "BudgetShape",
    "CampaignIn",
    "CampaignPatch",
    "CapShape",
    "ConsentIn",
    "ConsentMethod",
    "ConsentPolicy",
    "ConsentShape",
    "ContactHintsIn",
    "DestinationIn",
    "DestinationKind",
    "Device",
    "DispositionIn",
    "DispositionsBody",
    "DispositionsIn",
    "EventIn",
    "ExperimentIn",
    "ExperimentKind",
    "ExperimentMetric",
    "ExperimentUnit",
    "FloorShape",
    "GuardrailShape",
    "LeadIn",
    "LeadKind",
    "Money",
    "MultiplierShape",
    "PhoneType",
    "PingIn",
    "PostIn",
    "ResendIn",
    "RotateIn",
    "SinceIn",
    "SourceIn",
    "SourcePatch",
    "SourceStatus",
    "TouchpointIn",
    "ValueShape",
    "WebhookEvent",
    "WebhookIn",
    "WebhookPatch",
    "WebhookStatus",
    "Window",
]
