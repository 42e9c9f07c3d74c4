"""Entry point of the baseline; its model is ready before the first ping."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.baseline.settings"
application = get_wsgi_application()

from benchmarks.baseline.scoring import model  # noqa: E402  its settings were loaded by the line above

model()
