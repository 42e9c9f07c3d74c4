"""The audit trail in words: what a verb says, what has changed, who is behind an actor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

VERBS: Mapping[str, str] = {
    "alert.acknowledged": "acknowledged an alert",
    "alert.closed": "closed an alert",
    "alert.opened": "raised an alert",
    "campaign.archived": "removed a campaign",
    "campaign.created": "created a campaign",
    "campaign.edited": "edited a campaign",
    "campaign.paused": "paused a campaign",
    "campaign.priority_set": "set the tier of a campaign",
    "campaign.published": "published a campaign",
    "campaign.resumed": "resumed a campaign",
    "deliveries.resent": "sent deliveries again",
    "delivery.resent": "sent a delivery again",
    "destination.tested": "sent a test lead",
    "dispositions.recorded": "reported dispositions",
    "experiment.created": "drafted an experiment",
    "experiment.started": "started an experiment",
    "experiment.stopped": "stopped an experiment",
    "floors.set": "set floors",
    "history.deleted": "deleted a file of past leads",
    "history.scored": "scored a file of leads",
    "history.started": "had a model learned from past leads",
    "history.uploaded": "brought a file of past leads",
    "invitation.accepted": "accepted an invitation",
    "invitation.created": "invited somebody",
    "invitation.revoked": "withdrew an invitation",
    "key.issued": "created an API key",
    "key.revoked": "revoked an API key",
    "key.rotated": "rotated an API key",
    "key.limited": "set the limit of an API key",
    "lead.disclosed": "disclosed a lead to its buyer",
    "ledger.account_opened": "opened an account",
    "ledger.credit_limit_set": "set a credit limit",
    "limits.set": "set limits of the advertiser",
    "member.added": "added a member",
    "member.removed": "removed a member",
    "member.role_changed": "changed a role",
    "model.challenged": "let a model challenge the champion",
    "model.level_fitted": "moved the level of a model",
    "model.promoted": "promoted a model version",
    "model.rolled_back": "rolled a model back",
    "model.trained": "trained a model version",
    "model.training_asked": "asked for a training",
    "model.training_failed": "failed to train a model",
    "model.training_refused": "refused to train a model",
    "organization.created": "created the organization",
    "organization.renamed": "renamed the organization",
    "outcomes.pooling_set": "set who may learn from outcomes",
    "outcomes.recorded": "recorded outcomes",
    "rates.uploaded": "uploaded rates of the market",
    "source.archived": "removed a source",
    "source.created": "created a source",
    "source.edited": "edited a source",
    "source.margin_set": "set the margin of a source",
    "suppression.added": "added suppressions",
    "suppression.removed": "removed suppressions",
    "webhook.changed": "changed a webhook",
    "webhook.created": "created a webhook",
    "webhook.deleted": "deleted a webhook",
    "webhook.disabled": "disabled a webhook",
    "webhook.resent": "sent events again",
    "webhook.rotated": "rotated the secret of a webhook",
    "webhook.tested": "tested a webhook",
}
OFTEN = "lead.disclosed"
"""Written with every sale; all other verbs together are few."""
TEXT_LENGTH_MAX = 200


def words_of(verb: str) -> str:
    """Say a verb in words; one without words of its own is read as it stands."""
    return VERBS.get(verb) or verb.replace(".", " ").replace("_", " ")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed; `before` is empty where the trail does not know it."""

    what: str
    before: str
    after: str


def differences(changes: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Read what an entry recorded: {"from": a, "to": b} and {"name": {"from": a, "to": b}} have a before, the rest an after."""
    return tuple(_differences(changes, ""))


def _differences(changes: Mapping[str, Any], what: str) -> Iterator[Difference]:
    if set(changes) == {"from", "to"}:
        yield Difference(what, _said(changes["from"]), _said(changes["to"]))
        return
    for name, value in changes.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping) and value:
            yield from _differences(value, label)
        else:
            yield Difference(f"{what} {label}".strip(), "", _said(value))


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(_said(one) for one in value) if isinstance(value, list) else str(value)
    if not value and value != 0:
        return "none"
    return text if len(text) <= TEXT_LENGTH_MAX else f"{text[:TEXT_LENGTH_MAX]}…"
