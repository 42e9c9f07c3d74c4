"""Publishers with their keys, advertisers with their money, campaigns, and what a ping leaves behind."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Publisher(models.Model):
    """A publisher, found by the hash of its key."""

    name = models.CharField(max_length=120)
    key_sha256 = models.CharField(max_length=64, unique=True)
    active = models.BooleanField(default=True)
    margin = models.DecimalField(max_digits=5, decimal_places=4)

    is_authenticated = True

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """Where a publisher's leads come from."""

    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="sources")
    slug = models.CharField(max_length=60, unique=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.slug


class Advertiser(models.Model):
    """An advertiser and its money: what it has, and what open quotes hold of it."""

    name = models.CharField(max_length=120)
    balance = models.DecimalField(max_digits=14, decimal_places=2)
    held = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """What an advertiser buys. States are a column, so that the database narrows the choice; `conditions` are the others."""

    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=120)
    vertical = models.CharField(max_length=40)
    active = models.BooleanField(default=True)
    states = ArrayField(models.CharField(max_length=2))
    conditions = models.JSONField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    band_from = models.DecimalField(max_digits=5, decimal_places=2)
    band_factor = models.DecimalField(max_digits=5, decimal_places=2)
    storm_factor = models.DecimalField(max_digits=5, decimal_places=2)
    dedupe_days = models.PositiveIntegerField(default=90)
    cap_a_day = models.PositiveIntegerField()
    budget_a_day = models.DecimalField(max_digits=14, decimal_places=2)
    leads_today = models.PositiveIntegerField(default=0)
    spent_today = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    class Meta:
        indexes = (GinIndex(fields=("states",), name="baseline_states"),)

    def __str__(self) -> str:
        return self.name


class Ping(models.Model):
    """An offer as it came, its score, and how it ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    vertical = models.CharField(max_length=40)
    lead = models.JSONField()
    behaviour = models.JSONField()
    phone_sha256 = models.CharField(max_length=64)
    email_sha256 = models.CharField(max_length=64)
    score = models.FloatField()
    status = models.CharField(max_length=8)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.id)


class Quote(models.Model):
    """A firm price for a ping."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ping = models.ForeignKey(Ping, on_delete=models.PROTECT, related_name="quotes")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    price = models.DecimalField(max_digits=10, decimal_places=2)
    payout = models.DecimalField(max_digits=10, decimal_places=2)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class SoldContact(models.Model):
    """Who bought a person when; a contact is the hash of a phone or an e-mail."""

    contact_sha256 = models.CharField(max_length=64, db_index=True)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="+")
    sold_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.contact_sha256
