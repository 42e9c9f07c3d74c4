"""The ways in: the first page after signing in, and the link of an invitation."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.invitations import InvitationFacts, accept, look_up, sign_up
from accounts.models import User
from accounts.portal.doors import to_sign_in
from accounts.portal.forms import SignUpForm
from accounts.portal.sign_in import BACKEND
from accounts.portal.visits import list_places


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Go to the first organization of the person, or say that there is none."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    places = list_places(cast(UUID, request.user.pk))
    if not places:
        return render(request, "accounts/nowhere.html")
    return redirect("overview", slug=places[0].slug)


@require_safe
def by_invitation_only(request: HttpRequest) -> HttpResponse:
    """Say how one gets an account."""
    return render(request, "account/signup_closed.html")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="signup")  # type: ignore[untyped-decorator]
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; accept it by signing up, or by one click for who is signed in under that address."""
    try:
        facts = look_up(token=token, at=utc_now())
    except Problem:
        return render(request, "accounts/invitation_gone.html", {"state": "unknown"}, status=404)
    if facts.state != "open":
        return render(request, "accounts/invitation_gone.html", {"state": facts.state, "facts": facts}, status=410)
    if request.user.is_authenticated:
        return _for_signed_in(request, token, facts)
    if facts.known_user:
        return to_sign_in(request)
    return _for_newcomer(request, token, facts)


def _for_signed_in(request: HttpRequest, token: str, facts: InvitationFacts) -> HttpResponse:
    user = cast(User, request.user)
    meant = user.email.lower() == facts.email
    if request.method != "POST" or not meant:
        return render(request, "accounts/invitation.html", {"facts": facts, "meant": meant}, status=200 if meant else 403)
    try:
        accept(token=token, user_id=user.id, at=utc_now())
    except Problem as problem:
        return render(request, "errors/problem_lone.html", {"problem": problem}, status=problem.status)
    return _welcome(request, facts)


def _for_newcomer(request: HttpRequest, token: str, facts: InvitationFacts) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user_id = sign_up(token=token, at=utc_now(), **form.cleaned_data)
        except Problem as problem:
            form.take(problem)
        else:
            login(request, User.objects.get(id=user_id), backend=BACKEND)
            return _welcome(request, facts)
    status = 422 if form.errors else 200
    return render(request, "accounts/invitation_new.html", {"facts": facts, "form": form}, status=status)


def _welcome(request: HttpRequest, facts: InvitationFacts) -> HttpResponse:
    messages.success(request, f"Welcome to {facts.organization_name}.")
    return redirect("overview", slug=facts.organization_slug)
