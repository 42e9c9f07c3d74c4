"""One method for each operation of the API. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from datetime import date
from typing import Literal

from leadwright.generated import answers, bodies
from leadwright.pages import Page
from leadwright.transport import Transport, segment


class Operations(Transport):
    """Every operation by its name; each raises Problem or Unanswered."""

    def list_campaigns(self, *, cursor: str | None = None, limit: int | None = None) -> Page[answers.Campaign]:
        """List your campaigns, newest first."""
        return self._pages("/api/v1/campaigns", query={"cursor": cursor, "limit": limit}, row=answers.Campaign)

    def create_campaign(self, body: bodies.CampaignIn, *, idempotency_key: str | None = None) -> answers.Campaign:
        """Create a campaign as a draft; publish it to start buying. The destination's secret is shown only here."""
        found: answers.Campaign = self._send(
            "POST", "/api/v1/campaigns", body=body, idempotency_key=idempotency_key, answer=answers.Campaign
        )
        return found

    def get_campaign(self, campaign_id: str) -> answers.Campaign:
        """Read a campaign: its draft, and which revision is in force."""
        found: answers.Campaign = self._send("GET", f"/api/v1/campaigns/{segment(campaign_id)}", answer=answers.Campaign)
        return found

    def update_campaign(self, campaign_id: str, body: bodies.CampaignPatch) -> answers.Campaign:
        """Change parts of the draft; publish to put them in force. Name and destination change at once."""
        found: answers.Campaign = self._send(
            "PATCH", f"/api/v1/campaigns/{segment(campaign_id)}", body=body, answer=answers.Campaign
        )
        return found

    def delete_campaign(self, campaign_id: str) -> None:
        """Remove a campaign for good; what it bought stays."""
        self._send("DELETE", f"/api/v1/campaigns/{segment(campaign_id)}")

    def pause_campaign(self, campaign_id: str, *, idempotency_key: str | None = None) -> answers.Campaign:
        """Stop buying; quotes already given stay firm."""
        found: answers.Campaign = self._send(
            "POST", f"/api/v1/campaigns/{segment(campaign_id)}/pause", idempotency_key=idempotency_key, answer=answers.Campaign
        )
        return found

    def publish_campaign(self, campaign_id: str, *, idempotency_key: str | None = None) -> answers.Campaign:
        """Put the draft in force as a new revision; the first time this starts the campaign."""
        found: answers.Campaign = self._send(
            "POST", f"/api/v1/campaigns/{segment(campaign_id)}/publish", idempotency_key=idempotency_key, answer=answers.Campaign
        )
        return found

    def resume_campaign(self, campaign_id: str, *, idempotency_key: str | None = None) -> answers.Campaign:
        """Buy again."""
        found: answers.Campaign = self._send(
            "POST", f"/api/v1/campaigns/{segment(campaign_id)}/resume", idempotency_key=idempotency_key, answer=answers.Campaign
        )
        return found

    def send_test_lead(self, campaign_id: str, *, idempotency_key: str | None = None) -> answers.Trial:
        """Send a made-up lead, marked as such, to the campaign's destination now: no sale, no money; gives the real answer."""
        found: answers.Trial = self._send(
            "POST", f"/api/v1/campaigns/{segment(campaign_id)}/test-lead", idempotency_key=idempotency_key, answer=answers.Trial
        )
        return found

    def list_deliveries(
        self,
        *,
        campaign_id: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        state: Literal["accepted", "dead", "failed", "queued", "refused", "sent"] | None = None,
    ) -> Page[answers.Delivery]:
        """List your deliveries, newest first."""
        return self._pages(
            "/api/v1/deliveries",
            query={"campaign_id": campaign_id, "cursor": cursor, "limit": limit, "state": state},
            row=answers.Delivery,
        )

    def get_delivery(self, delivery_id: str) -> answers.DeliveryDetail:
        """Read a delivery with every attempt: what was asked, what came back, how long it took."""
        found: answers.DeliveryDetail = self._send(
            "GET", f"/api/v1/deliveries/{segment(delivery_id)}", answer=answers.DeliveryDetail
        )
        return found

    def resend_delivery(self, delivery_id: str, *, idempotency_key: str | None = None) -> answers.Delivery:
        """Send a delivery again at once, also an accepted one; the webhook-id stays the same."""
        found: answers.Delivery = self._send(
            "POST", f"/api/v1/deliveries/{segment(delivery_id)}/resend", idempotency_key=idempotency_key, answer=answers.Delivery
        )
        return found

    def resend_deliveries(self, body: bodies.ResendIn, *, idempotency_key: str | None = None) -> answers.Resent:
        """Send everything again that was sold since an instant and is not accepted; what is in flight is left alone."""
        found: answers.Resent = self._send(
            "POST", "/api/v1/deliveries/resend", body=body, idempotency_key=idempotency_key, answer=answers.Resent
        )
        return found

    def list_dispositions(
        self, *, cursor: str | None = None, lead_id: str | None = None, limit: int | None = None, sale_id: str | None = None
    ) -> Page[answers.Disposition]:
        """List your reports, newest first; of one sale the latest by occurred_at counts."""
        return self._pages(
            "/api/v1/dispositions",
            query={"cursor": cursor, "lead_id": lead_id, "limit": limit, "sale_id": sale_id},
            row=answers.Disposition,
        )

    def create_dispositions(
        self, body: bodies.DispositionsBody, *, idempotency_key: str | None = None
    ) -> answers.Disposition | answers.DispositionsAnswer:
        """Report what became of a lead: 201, or 200 when it was known. A batch answers 200 with a result for each."""
        found: answers.Disposition | answers.DispositionsAnswer = self._send(
            "POST",
            "/api/v1/dispositions",
            body=body,
            idempotency_key=idempotency_key,
            answer=answers.Disposition | answers.DispositionsAnswer,
        )
        return found

    def upload_dispositions(self, body: str, *, idempotency_key: str | None = None) -> answers.Batch:
        """Report by CSV: a header line with sale_id or lead_id, status, occurred_at, revenue, agent; then at most 500 lines."""
        found: answers.Batch = self._send(
            "POST",
            "/api/v1/dispositions/csv",
            body=body,
            media_type="text/csv",
            idempotency_key=idempotency_key,
            answer=answers.Batch,
        )
        return found

    def list_evidence(self, *, from_: date | str | None = None, to: date | str | None = None) -> answers.Evidence:
        """List the model versions that scored leads you bought (the operator: anybody's), the latest first."""
        found: answers.Evidence = self._send("GET", "/api/v1/evidence", query={"from": from_, "to": to}, answer=answers.Evidence)
        return found

    def get_evidence_file(
        self, *, from_: date | str | None = None, to: date | str | None = None, version: str
    ) -> answers.EvidenceFile:
        """Read the holdout of a model version: chances, outcomes, salts and hashes, signed; verify_calibration.py checks it."""
        found: answers.EvidenceFile = self._send(
            "GET", "/api/v1/evidence/file", query={"from": from_, "to": to, "version": version}, answer=answers.EvidenceFile
        )
        return found

    def list_experiments(self, *, cursor: str | None = None, limit: int | None = None) -> Page[answers.ExperimentRow]:
        """List your experiments, newest first: the operator's, or those on the bid rules of your campaigns."""
        return self._pages("/api/v1/experiments", query={"cursor": cursor, "limit": limit}, row=answers.ExperimentRow)

    def create_experiment(self, body: bodies.ExperimentIn, *, idempotency_key: str | None = None) -> answers.Experiment:
        """Draft an experiment: the first arm is the control, and nothing is served by it until it is started.

        An advertiser tries published revisions of one campaign: it names `campaign_id` instead of `vertical`, and each arm's
        setting is the number of the revision by whose bid rule it bids. All else of the campaign stays as it is in force."""
        found: answers.Experiment = self._send(
            "POST", "/api/v1/experiments", body=body, idempotency_key=idempotency_key, answer=answers.Experiment
        )
        return found

    def get_experiment(self, experiment_id: str) -> answers.Experiment:
        """Read an experiment with what it shows now: the intervals hold however often you look."""
        found: answers.Experiment = self._send("GET", f"/api/v1/experiments/{segment(experiment_id)}", answer=answers.Experiment)
        return found

    def start_experiment(self, experiment_id: str, *, idempotency_key: str | None = None) -> answers.Experiment:
        """Divide the pings of the vertical, or those the campaign matches, among the arms; within two seconds everywhere."""
        found: answers.Experiment = self._send(
            "POST",
            f"/api/v1/experiments/{segment(experiment_id)}/start",
            idempotency_key=idempotency_key,
            answer=answers.Experiment,
        )
        return found

    def stop_experiment(self, experiment_id: str, *, idempotency_key: str | None = None) -> answers.Experiment:
        """Serve every ping as before; what was seen stays, and goes on maturing."""
        found: answers.Experiment = self._send(
            "POST",
            f"/api/v1/experiments/{segment(experiment_id)}/stop",
            idempotency_key=idempotency_key,
            answer=answers.Experiment,
        )
        return found

    def create_lead(self, body: bodies.LeadIn, *, idempotency_key: str | None = None) -> answers.Post:
        """Quote and sell at once. Needs an Idempotency-Key header or external_id (unique per source)."""
        found: answers.Post = self._send("POST", "/api/v1/leads", body=body, idempotency_key=idempotency_key, answer=answers.Post)
        return found

    def get_lead(self, lead_id: str) -> answers.LeadDetail:
        """Read a lead: its publisher how the post ended, an advertiser what it bought, its delivery and when to call."""
        found: answers.LeadDetail = self._send("GET", f"/api/v1/leads/{segment(lead_id)}", answer=answers.LeadDetail)
        return found

    def get_balance(self) -> answers.Balance:
        """Give the balance of each of your accounts."""
        found: answers.Balance = self._send("GET", "/api/v1/ledger/balance", answer=answers.Balance)
        return found

    def list_entries(
        self,
        *,
        account_kind: Literal["cash", "margin", "payable", "wallet"] | None = None,
        cursor: str | None = None,
        kind: Literal["adjustment", "capture", "deposit", "payout", "refund"] | None = None,
        limit: int | None = None,
    ) -> Page[answers.Entry]:
        """List your entries, newest first."""
        return self._pages(
            "/api/v1/ledger/entries",
            query={"account_kind": account_kind, "cursor": cursor, "kind": kind, "limit": limit},
            row=answers.Entry,
        )

    def get_me(self) -> answers.Me:
        """Say who this key is."""
        found: answers.Me = self._send("GET", "/api/v1/me", answer=answers.Me)
        return found

    def create_ping(self, body: bodies.PingIn, *, idempotency_key: str | None = None) -> answers.Ping:
        """Answer with firm quotes, or with the reasons why there is none. Personal data is refused (422)."""
        found: answers.Ping = self._send("POST", "/api/v1/pings", body=body, idempotency_key=idempotency_key, answer=answers.Ping)
        return found

    def get_ping(self, ping_id: str) -> answers.PingDetail:
        """Read a ping: its publisher everything but the buyers' amounts, an advertiser its own bids."""
        found: answers.PingDetail = self._send("GET", f"/api/v1/pings/{segment(ping_id)}", answer=answers.PingDetail)
        return found

    def create_post(self, body: bodies.PostIn, *, idempotency_key: str | None = None) -> answers.Post:
        """Store the lead and sell it. A quote is the key: the same body gives the first answer again, another 409 quote_used."""
        found: answers.Post = self._send("POST", "/api/v1/posts", body=body, idempotency_key=idempotency_key, answer=answers.Post)
        return found

    def list_sales(
        self,
        *,
        cursor: str | None = None,
        from_: date | str | None = None,
        limit: int | None = None,
        side: Literal["advertiser", "publisher"] | None = None,
        to: date | str | None = None,
    ) -> Page[answers.ListedSale]:
        """List your sales, newest first, each with the trace of its auction."""
        return self._pages(
            "/api/v1/sales",
            query={"cursor": cursor, "from": from_, "limit": limit, "side": side, "to": to},
            row=answers.ListedSale,
        )

    def list_sources(self, *, cursor: str | None = None, limit: int | None = None) -> Page[answers.Source]:
        """List your sources, newest first."""
        return self._pages("/api/v1/sources", query={"cursor": cursor, "limit": limit}, row=answers.Source)

    def create_source(self, body: bodies.SourceIn, *, idempotency_key: str | None = None) -> answers.Source:
        """Create a source; it may ping at once."""
        found: answers.Source = self._send(
            "POST", "/api/v1/sources", body=body, idempotency_key=idempotency_key, answer=answers.Source
        )
        return found

    def get_source(self, source_id: str) -> answers.Source:
        """Read a source."""
        found: answers.Source = self._send("GET", f"/api/v1/sources/{segment(source_id)}", answer=answers.Source)
        return found

    def update_source(self, source_id: str, body: bodies.SourcePatch) -> answers.Source:
        """Change parts of a source; null resets one to its default."""
        found: answers.Source = self._send("PATCH", f"/api/v1/sources/{segment(source_id)}", body=body, answer=answers.Source)
        return found

    def delete_source(self, source_id: str) -> None:
        """Remove a source for good; its leads and sales stay."""
        self._send("DELETE", f"/api/v1/sources/{segment(source_id)}")

    def list_webhooks(self, *, cursor: str | None = None, limit: int | None = None) -> Page[answers.Webhook]:
        """List your webhooks, newest first."""
        return self._pages("/api/v1/webhooks", query={"cursor": cursor, "limit": limit}, row=answers.Webhook)

    def create_webhook(self, body: bodies.WebhookIn, *, idempotency_key: str | None = None) -> answers.Webhook:
        """Create a webhook; each request is signed as a Standard Webhook. The secret is shown only here."""
        found: answers.Webhook = self._send(
            "POST", "/api/v1/webhooks", body=body, idempotency_key=idempotency_key, answer=answers.Webhook
        )
        return found

    def get_webhook(self, webhook_id: str) -> answers.Webhook:
        """Read a webhook."""
        found: answers.Webhook = self._send("GET", f"/api/v1/webhooks/{segment(webhook_id)}", answer=answers.Webhook)
        return found

    def update_webhook(self, webhook_id: str, body: bodies.WebhookPatch) -> answers.Webhook:
        """Change parts of a webhook; what waits for it is sent to the new address."""
        found: answers.Webhook = self._send("PATCH", f"/api/v1/webhooks/{segment(webhook_id)}", body=body, answer=answers.Webhook)
        return found

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook for good; what waits for it is given up."""
        self._send("DELETE", f"/api/v1/webhooks/{segment(webhook_id)}")

    def list_webhook_deliveries(
        self,
        webhook_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        state: Literal["accepted", "dead", "failed", "queued", "refused", "sent"] | None = None,
    ) -> Page[answers.Message]:
        """List what was sent to a webhook, newest first."""
        return self._pages(
            f"/api/v1/webhooks/{segment(webhook_id)}/deliveries",
            query={"cursor": cursor, "limit": limit, "state": state},
            row=answers.Message,
        )

    def get_webhook_delivery(self, event_id: str, webhook_id: str) -> answers.MessageDetail:
        """Read an event with every attempt: what was asked, what came back, how long it took."""
        found: answers.MessageDetail = self._send(
            "GET", f"/api/v1/webhooks/{segment(webhook_id)}/deliveries/{segment(event_id)}", answer=answers.MessageDetail
        )
        return found

    def resend_webhook_delivery(self, event_id: str, webhook_id: str, *, idempotency_key: str | None = None) -> answers.Message:
        """Send an event again at once, also an accepted one; webhook-id and body stay the same."""
        found: answers.Message = self._send(
            "POST",
            f"/api/v1/webhooks/{segment(webhook_id)}/deliveries/{segment(event_id)}/resend",
            idempotency_key=idempotency_key,
            answer=answers.Message,
        )
        return found

    def resend_webhook_deliveries(
        self, webhook_id: str, body: bodies.SinceIn, *, idempotency_key: str | None = None
    ) -> answers.Resent:
        """Send every event again that was written since an instant and is not accepted."""
        found: answers.Resent = self._send(
            "POST",
            f"/api/v1/webhooks/{segment(webhook_id)}/deliveries/resend",
            body=body,
            idempotency_key=idempotency_key,
            answer=answers.Resent,
        )
        return found

    def rotate_webhook_secret(
        self, webhook_id: str, body: bodies.RotateIn, *, idempotency_key: str | None = None
    ) -> answers.Webhook:
        """Give a webhook a new secret, shown only here; for some hours each request carries both signatures."""
        found: answers.Webhook = self._send(
            "POST",
            f"/api/v1/webhooks/{segment(webhook_id)}/rotate",
            body=body,
            idempotency_key=idempotency_key,
            answer=answers.Webhook,
        )
        return found

    def send_test_event(self, webhook_id: str, *, idempotency_key: str | None = None) -> answers.EventTrial:
        """Send an event of type webhook.test now, also to a disabled webhook; gives the real answer."""
        found: answers.EventTrial = self._send(
            "POST", f"/api/v1/webhooks/{segment(webhook_id)}/test", idempotency_key=idempotency_key, answer=answers.EventTrial
        )
        return found
