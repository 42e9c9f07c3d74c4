"""Entry point of the live pool: websockets only; pages and REST belong on WSGI."""

import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from reporting.consumers import AuctionsConsumer, NowhereConsumer, answer_http, live_and_die  # noqa: E402  after setup

websockets = URLRouter([path("ws/auctions", AuctionsConsumer.as_asgi()), re_path("", NowhereConsumer.as_asgi())])
application = ProtocolTypeRouter({"websocket": websockets, "http": answer_http, "lifespan": live_and_die})
