"""Entry point of the market pool: pings, posts and leads behind one middleware; the usual stack would cost 350 us a request."""

from __future__ import annotations

import os

from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries
from django.urls import URLPattern, path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["LEADWRIGHT_POOL"] = "market"
application = get_wsgi_application()

from config import hot  # noqa: E402  its apps were loaded by the line above
from exchange.api.warmth import warm_up  # noqa: E402

warm_up()
# Connections are looked after when a request ends. Before it begins there is nothing new to see, and the second look costs 20 us.
request_started.disconnect(close_old_connections)
request_started.disconnect(reset_queries)

# Laid out flat, the most frequent first: a level of addresses costs each request 15 us.
urlpatterns: list[URLPattern] = [path(f"api/v1/{one.pattern}", one.callback) for one in hot.urlpatterns]
handler404 = "accounts.rest.problems.not_found_page"
handler500 = "accounts.rest.problems.failed_page"
