"""Sign-in by one click as somebody of the demo market. Exists only in the demo."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.portal.sign_in import BACKEND
from demo.cast import read_plans


@require_POST
def sign_in_as(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign in as the person of a demo organization and go to its overview, or back to where the visitor wanted to go."""
    user = User.objects.filter(email=f"{slug}@demo.example", is_active=True).first()
    if user is None or slug not in {plan.slug for plan in read_plans(demo=True)}:
        raise Http404
    request.user = AnonymousUser()
    login(request, user, backend=BACKEND)
    wanted = request.POST.get("next", "")
    if wanted.startswith(f"/o/{slug}") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return redirect(wanted)
    return redirect("overview", slug=slug)
