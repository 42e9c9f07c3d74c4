"""Stands in for the wiring: a Celery application without tasks."""

import os

from celery import Celery

app = Celery("standin", broker=os.environ["VALKEY_VOLATILE_URL"])
