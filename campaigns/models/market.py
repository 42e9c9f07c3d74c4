"""How processes learn that the market has changed."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import ExchangeModel


class MarketVersion(ExchangeModel):
    """One counter per mode, raised in the transaction of every change that concerns the market; snapshots poll it."""

    mode = models.CharField(max_length=4, primary_key=True)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.mode} {self.version}"
