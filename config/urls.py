"""URLs of the portal pool: everything but the hot path, which the front sends to the market pool."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from accounts.web import landing, problem, problems
from demo.web import buyer
from reporting.web import status

urlpatterns: list[URLPattern | URLResolver] = [
    path("", landing),
    path("api/v1/", include("config.api")),
    path("status.json", status),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs/try", SpectacularSwaggerView.as_view(url_name="schema"), name="try-it"),
    path("docs/errors", problems),
    path("docs/errors/<slug:code>", problem),
]
if settings.DEMO:
    urlpatterns.append(path("demo/buyer", buyer))

handler404 = "accounts.rest.problems.not_found_page"
handler500 = "accounts.rest.problems.failed_page"
