"""What the exchange answers of dispositions. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leadwright.generated.answers.campaigns import Money

DispositionStage = Literal["open", "won", "lost", "invalid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A report as it is kept."""

    id: str
    sale_id: str
    lead_id: str
    campaign_id: str | None
    vertical: str
    status: str
    stage: DispositionStage
    """What the status means: won and lost are outcomes."""
    occurred_at: datetime
    revenue: Money | None
    agent: str | None
    recorded_at: datetime


DispositionResult = Literal["recorded", "repeated", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One wrong field."""

    pointer: str
    """JSON pointer into the body"""
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one report of a batch."""

    place: int
    """Its place in the batch from 0; of a CSV the line below the header from 1."""
    result: DispositionResult
    id: str | None
    errors: list[FieldError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of a batch: each report stands for itself."""

    recorded: int
    repeated: int
    refused: int
    results: list[Told]


DispositionsAnswer = Batch | Disposition
