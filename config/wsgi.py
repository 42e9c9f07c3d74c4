"""Entry point of the portal pool: pages and REST, on WSGI because any Django view costs five times more under ASGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
