"""Entry point of the market pool: pings, posts and leads behind one middleware; the usual stack would cost 350 us a request."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.urls import URLResolver, include, path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["LEADWRIGHT_POOL"] = "market"
application = get_wsgi_application()

from exchange.api.warmth import warm_up  # noqa: E402  its apps were loaded by the line above

warm_up()

urlpatterns: list[URLResolver] = [path("api/v1/", include("config.hot"))]
handler404 = "accounts.rest.problems.not_found_page"
handler500 = "accounts.rest.problems.failed_page"
