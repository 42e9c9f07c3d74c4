"""Rates of the market that an operator uploads, such as the usual interest of a mortgage."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import ReferenceModel, Uuid7Field


class Rate(ReferenceModel):
    """The value of a series from a moment on."""

    id = Uuid7Field()
    series = models.CharField(max_length=60)
    at = models.DateTimeField()
    value = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("series", "at"), name="rate_once"),)

    def __str__(self) -> str:
        return f"{self.series} {self.at:%Y-%m-%d} {self.value}"
