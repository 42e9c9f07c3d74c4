"""URLs of the portal pool: everything but the hot path, which the front sends to the market pool."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.portal import urls as portal
from accounts.portal.style import style
from accounts.web import landing, problem, problems
from campaigns.web import urls as trade
from config.security import swagger
from demo.sign_in import sign_in_as
from demo.web import buyer
from exchange.aftercare.web import urls as aftercare
from exchange.auction.web import urls as suppression
from exchange.delivery.web import urls as handover
from reporting.web import urls as reports
from reporting.web.overview import overview
from reporting.web.status import status
from scoring.web import urls as learning

#: Everything inside an organization. Each view takes the decorator accounts.portal.pages.page.
inside: list[URLPattern | URLResolver] = [
    path("", overview, name="overview"),
    *trade.inside,
    *suppression.inside,
    *handover.inside,
    *aftercare.inside,
    *reports.inside,
    *learning.inside,
    *portal.inside,
]
urlpatterns: list[URLPattern | URLResolver] = [
    *portal.outside,
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("o/<slug:slug>/", include(inside)),
    path("", landing),
    path("api/v1/", include("config.api")),
    path("status.json", status),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs/try", swagger(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="try-it"),
    path("docs/errors", problems),
    path("docs/errors/<slug:code>", problem),
]
if settings.DEMO:
    urlpatterns += [
        path("demo/buyer", buyer),
        path("accounts/demo/<slug:slug>", sign_in_as, name="demo_sign_in"),
        path("style", style, name="style"),
    ]

handler403 = "accounts.portal.errors.forbidden"
handler404 = "accounts.portal.errors.not_found"
handler500 = "accounts.portal.errors.failed"
