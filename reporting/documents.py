"""The OpenAPI document of reporting: the shape of each answer. `shapes` makes them, `examples` shows them."""

from __future__ import annotations

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from accounts.rest.schemas import MoneySerializer


class DecisionReasonOut(serializers.Serializer):  # type: ignore[type-arg]
    """A reason; `count` says how many candidates it met."""

    code = serializers.CharField()
    detail = serializers.CharField(required=False)
    count = serializers.IntegerField(required=False)


class DecisionStageOut(serializers.Serializer):  # type: ignore[type-arg]
    """A stage of the ping and how long it took."""

    stage = serializers.CharField()
    ms = serializers.FloatField()


class BidStepOut(serializers.Serializer):  # type: ignore[type-arg]
    """One step of a bid's arithmetic."""

    step = serializers.CharField()
    factor = serializers.CharField(allow_null=True)
    price = MoneySerializer()


class OwnBidOut(serializers.Serializer):  # type: ignore[type-arg]
    """One of your bids: its arithmetic, and the reason if it lost."""

    campaign_id = serializers.CharField()
    revision_id = serializers.CharField()
    status = serializers.CharField(help_text="won or lost")
    reason = DecisionReasonOut(allow_null=True)
    bid = MoneySerializer()
    price = MoneySerializer(allow_null=True, help_text="The clearing price of a bid that won.")
    quote_id = serializers.CharField(allow_null=True)
    arithmetic = BidStepOut(many=True)


class BidArmOut(serializers.Serializer):  # type: ignore[type-arg]
    """The arm of your own experiment that a bid was priced by."""

    id = serializers.CharField()
    name = serializers.CharField()
    arm = serializers.CharField()
    revision = serializers.IntegerField(help_text="The number of the revision whose bid rule priced.")


class EndedBidOut(OwnBidOut):
    """One of your bids, how its quote ended, and the arm of your experiment whose rule it followed, if one did."""

    experiment = BidArmOut(allow_null=True)

    quote_status = serializers.CharField(allow_null=True, help_text="quoted, sold, refused or expired; null for a bid that lost")


class OperatorBidOut(OwnBidOut):
    """Anybody's bid, with payout and margin."""

    organization_id = serializers.CharField()
    payout = MoneySerializer()
    margin = MoneySerializer()


class CandidatesOut(serializers.Serializer):  # type: ignore[type-arg]
    """How many campaigns took part."""

    matched = serializers.IntegerField()
    won = serializers.IntegerField()


class PublisherTraceOut(serializers.Serializer):  # type: ignore[type-arg]
    """How the decision came about, in counts."""

    stages = DecisionStageOut(many=True)
    candidates = CandidatesOut()
    reasons = DecisionReasonOut(many=True)


class StagesTraceOut(serializers.Serializer):  # type: ignore[type-arg]
    """How long each stage took; the bids stand beside it."""

    stages = DecisionStageOut(many=True)


class BuyerTraceOut(StagesTraceOut):
    """How the decision came about: your own bids."""

    bids = OwnBidOut(many=True)


class RoundOut(serializers.Serializer):  # type: ignore[type-arg]
    """A reservation that was refused: which campaign met which limit."""

    campaign_id = serializers.CharField()
    reason = serializers.CharField()
    key = serializers.CharField()


class OperatorTraceOut(StagesTraceOut):
    """Everything the decision hangs on."""

    auction_id = serializers.CharField()
    mode = serializers.CharField()
    engine_version = serializers.IntegerField()
    snapshot_version = serializers.IntegerField()
    seed = serializers.CharField()
    pricing = serializers.CharField()
    sales_max = serializers.IntegerField(help_text="To how many advertisers the lead might go.")
    floor = MoneySerializer()
    floor_payout = MoneySerializer()
    margin = serializers.DictField()
    model_version = serializers.CharField(allow_null=True)
    probability = serializers.FloatField(allow_null=True)
    bids = OperatorBidOut(many=True)
    rounds = RoundOut(many=True)


class QuotedAdvertiserOut(serializers.Serializer):  # type: ignore[type-arg]
    """A buyer: a stable id, and its name where the form must show it."""

    id = serializers.CharField()
    name = serializers.CharField(allow_null=True)


class EndedQuoteOut(serializers.Serializer):  # type: ignore[type-arg]
    """A quote and how it ended."""

    id = serializers.CharField()
    status = serializers.CharField(help_text="quoted, sold, refused or expired")
    payout = MoneySerializer()
    pricing = serializers.CharField(help_text="first_price or second_price")
    advertiser = QuotedAdvertiserOut()
    expires_at = serializers.DateTimeField(allow_null=True)


class CompletenessOut(serializers.Serializer):  # type: ignore[type-arg]
    """How much of what a ping can bring was sent."""

    share = serializers.FloatField(help_text="Share of the columns that were present, 0 to 1.")
    words = serializers.CharField()
    absent = serializers.ListField(child=serializers.CharField(), help_text="Parts of a ping that were not sent.")
    unanswered = serializers.ListField(child=serializers.CharField(), help_text="Questions of the vertical without an answer.")


class FactorOut(serializers.Serializer):  # type: ignore[type-arg]
    """One thing that moved the score."""

    feature = serializers.CharField(help_text="The strongest column of it, as in the reference of features.")
    words = serializers.CharField()
    beside = serializers.ListField(child=serializers.CharField(), help_text="What tells the same and is counted in.")
    odds = serializers.FloatField(help_text="By what it multiplied the odds of the outcome; 1 is nothing.")


class QualityOut(serializers.Serializer):  # type: ignore[type-arg]
    """The lead's score, 0 to 100, and its percentile within the vertical; for a publisher without the exact probability."""

    score = serializers.IntegerField()
    percentile = serializers.FloatField()
    model_version = serializers.CharField()
    probability = serializers.FloatField(required=False, help_text="For buyers and the operator.")
    badge = serializers.CharField(allow_null=True, help_text="What the version learned from.")
    outcome = serializers.CharField(allow_null=True, help_text="What it is the chance of.")
    horizon_days = serializers.IntegerField(allow_null=True, help_text="Within so many days of the sale.")
    low = serializers.FloatField(
        allow_null=True, help_text="Lower end of the interval that holds the probability; for a publisher in whole percents."
    )
    high = serializers.FloatField(allow_null=True)
    completeness = CompletenessOut(allow_null=True)
    factors = FactorOut(many=True, help_text="At most five, strongest first.")
    note = serializers.CharField(allow_null=True, help_text="Why something is null.")


class CommitmentField(serializers.CharField):
    """The hash that commits to a score before its outcome is known."""

    def __init__(self) -> None:
        """Say how it is used."""
        super().__init__(
            allow_null=True,
            help_text="SHA-256 that commits to the score, in hex. Who buys the lead keeps it with the version: its file of GET"
            " /evidence/file must show the same. Null without a score, and for a moment after the ping.",
        )


class SeenPingOut(serializers.Serializer):  # type: ignore[type-arg]
    """What publisher and operator read of a ping."""

    role = serializers.CharField()
    id = serializers.CharField()
    status = serializers.CharField(help_text="quoted or no_bid")
    received_at = serializers.DateTimeField()
    source_id = serializers.CharField()
    sub_ids = serializers.ListField(child=serializers.CharField())
    vertical = serializers.CharField()
    kind = serializers.CharField()
    lead = serializers.DictField(help_text="The fields as accepted.")
    payout = MoneySerializer(help_text="What all quotes pay together.")
    quotes = EndedQuoteOut(many=True)
    reasons = DecisionReasonOut(many=True, help_text="Why nobody bid; empty when there are quotes.")
    score = QualityOut(allow_null=True)
    commitment = CommitmentField()
    lead_id = serializers.CharField(allow_null=True, help_text="The lead that was posted against this ping.")


class PublisherPingOut(SeenPingOut):
    """Your ping."""

    trace = PublisherTraceOut()


class OperatorPingOut(SeenPingOut):
    """Anybody's ping."""

    publisher_id = serializers.CharField()
    trace = OperatorTraceOut()


class AdvertiserPingOut(serializers.Serializer):  # type: ignore[type-arg]
    """A ping you bid on."""

    role = serializers.CharField()
    id = serializers.CharField()
    received_at = serializers.DateTimeField()
    source_id = serializers.CharField(help_text="Stable and opaque; use it in filters and multipliers.")
    vertical = serializers.CharField()
    bids = EndedBidOut(many=True)
    score = QualityOut(allow_null=True)
    commitment = CommitmentField()
    trace = StagesTraceOut()


class EndedLegOut(serializers.Serializer):  # type: ignore[type-arg]
    """One quote of a post and what came of it."""

    quote_id = serializers.CharField()
    status = serializers.CharField(help_text="sold or refused")
    payout = MoneySerializer()
    reasons = DecisionReasonOut(many=True)


class ConsentSummaryOut(serializers.Serializer):  # type: ignore[type-arg]
    """What was agreed to, and what the policy made of it."""

    id = serializers.CharField()
    method = serializers.CharField(allow_null=True)
    captured_at = serializers.DateTimeField(allow_null=True)
    sellers = serializers.ListField(child=serializers.CharField())
    text_sha256 = serializers.CharField(allow_null=True)
    rule_set = serializers.CharField(allow_null=True)
    reasons = DecisionReasonOut(many=True)


class SeenLeadOut(serializers.Serializer):  # type: ignore[type-arg]
    """What publisher and operator read of a lead."""

    role = serializers.CharField()
    id = serializers.CharField()
    status = serializers.CharField(help_text="sold, rejected, duplicate or queued")
    payout = MoneySerializer()
    reasons = DecisionReasonOut(many=True)
    legs = EndedLegOut(many=True)
    received_at = serializers.DateTimeField()
    ping_id = serializers.CharField()
    commitment = CommitmentField()
    source_id = serializers.CharField()
    external_id = serializers.CharField(allow_null=True)
    vertical = serializers.CharField()
    lead = serializers.DictField(help_text="The fields without personal data.")
    contact = serializers.DictField(child=serializers.CharField(), help_text="The contact, each value masked.")
    consent = ConsentSummaryOut(allow_null=True)


class PublisherLeadOut(SeenLeadOut):
    """Your lead."""

    trace = PublisherTraceOut(allow_null=True)


class SaleOut(serializers.Serializer):  # type: ignore[type-arg]
    """One side of a sale: the advertiser's price or the publisher's payout."""

    id = serializers.CharField()
    side = serializers.CharField(help_text="advertiser or publisher")
    status = serializers.CharField()
    amount = MoneySerializer(help_text="What you paid, or what you are paid.")
    vertical = serializers.CharField()
    sold_at = serializers.DateTimeField()
    quote_id = serializers.CharField()
    ping_id = serializers.CharField(allow_null=True)
    source_id = serializers.CharField(allow_null=True, help_text="The publisher's side only.")
    campaign_id = serializers.CharField(allow_null=True, help_text="The advertiser's side only.")


class OperatorLeadOut(SeenLeadOut):
    """Anybody's lead, with both sides of its sales."""

    sales = SaleOut(many=True)
    trace = OperatorTraceOut(allow_null=True)


class BoughtSaleOut(serializers.Serializer):  # type: ignore[type-arg]
    """One purchase of a lead."""

    id = serializers.CharField()
    campaign_id = serializers.CharField(allow_null=True)
    quote_id = serializers.CharField()
    status = serializers.CharField()
    price = MoneySerializer()


class LeadDeliveryOut(serializers.Serializer):  # type: ignore[type-arg]
    """How far the handing over is."""

    id = serializers.CharField()
    sale_id = serializers.CharField()
    state = serializers.CharField(help_text="queued, sent, accepted, refused, failed or dead")
    attempts = serializers.IntegerField()
    reason = serializers.CharField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class CallWindowOut(serializers.Serializer):  # type: ignore[type-arg]
    """An hour in which the lead may be called."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    chance = serializers.FloatField(
        allow_null=True,
        help_text="That a call in it reaches somebody; null for the first legal hour, where too few are known.",
    )


class LeadTimingOut(serializers.Serializer):  # type: ignore[type-arg]
    """When to call the lead. Advice is given while it is open; legal hours are those that the exchange knows of."""

    state = serializers.CharField(help_text="open, contacted or ended")
    contacted_at = serializers.DateTimeField(allow_null=True, help_text="By when somebody had spoken to it, as you reported.")
    call_within_minutes = serializers.FloatField(allow_null=True, help_text="Counted from the sale.")
    call_by = serializers.DateTimeField(allow_null=True)
    chance = serializers.FloatField(allow_null=True, help_text="That a first call by then reaches somebody.")
    basis = serializers.CharField(
        allow_null=True, help_text="own_calls, drawn from your reports, or documented: too few of them."
    )
    time_zone = serializers.CharField(allow_null=True, help_text="Where the lead lives, such as America/Chicago.")
    may_call_now = serializers.BooleanField(allow_null=True, help_text="Null where the time zone is not known.")
    next_window = CallWindowOut(allow_null=True, help_text="The best legal hour of the next 48.")


class AdvertiserLeadOut(serializers.Serializer):  # type: ignore[type-arg]
    """A lead you bought."""

    role = serializers.CharField()
    id = serializers.CharField()
    status = serializers.CharField()
    price = MoneySerializer()
    bought_at = serializers.DateTimeField()
    ping_id = serializers.CharField(allow_null=True)
    commitment = CommitmentField()
    source_id = serializers.CharField(allow_null=True)
    vertical = serializers.CharField()
    sales = BoughtSaleOut(many=True)
    deliveries = LeadDeliveryOut(many=True)
    timing = LeadTimingOut()
    trace = BuyerTraceOut(allow_null=True)


class ListedSaleOut(SaleOut):
    """A row of your sales. The trace is a publisher's, a buyer's or the operator's, and null for a moment after the sale."""

    lead_id = serializers.CharField()
    trace = serializers.DictField(allow_null=True)


class SalesOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of sales, newest first."""

    data = ListedSaleOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


PING = PolymorphicProxySerializer(
    component_name="PingDetail",
    serializers={"publisher": PublisherPingOut, "advertiser": AdvertiserPingOut, "operator": OperatorPingOut},
    resource_type_field_name="role",
)
LEAD = PolymorphicProxySerializer(
    component_name="LeadDetail",
    serializers={"publisher": PublisherLeadOut, "advertiser": AdvertiserLeadOut, "operator": OperatorLeadOut},
    resource_type_field_name="role",
)
