"""Pages of the second factor, and the one that a locked-out person sees."""

from typing import Any

import django_otp
import segno
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from foundation.admin_pages import person
from foundation.errors import Conflict
from foundation.models import User
from foundation.signin import policy, second_factor
from foundation.signin.errors import CodeRefused, TooManyCodes
from foundation.signin.forms import CodeForm, FirstCodeForm, ProofForm
from foundation.signin.models import Authenticator, RecoveryCodes

_QR_SIDE = 5  # pixels of a module


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The person's own second factor, and what can be done with it."""
    user = _person(request)
    return _page(
        request,
        "overview.html",
        title="Two-factor sign-in",
        authenticator=Authenticator.objects.filter(user=user, confirmed=True).first(),
        codes=RecoveryCodes.objects.filter(user=user).first(),
        demanded=policy.is_demanded_of(user),
    )


@sensitive_post_parameters()
def enrol(request: HttpRequest) -> HttpResponse:
    """Shows the secret until its first code is typed in, and then the recovery codes, once."""
    user = _person(request)
    if policy.is_enrolled(user):
        return redirect("two-factor")
    form = FirstCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            device, codes = second_factor.confirm_enrolment(user=user, **form.cleaned_data)
        except (CodeRefused, TooManyCodes, Conflict) as problem:
            form.add_error("code", problem.detail)
        else:
            _let_in(request, device)
            return _show_codes(request, codes, back=_next(request))
    secret = second_factor.begin_enrolment(user=user)
    return _page(
        request,
        "enrol.html",
        title="Set up two-factor sign-in",
        form=form,
        qr=_qr_code(secret.address),
        secret=secret.secret_as_text,
        demanded=policy.is_demanded_of(user),
        next=_next(request),
    )


@sensitive_post_parameters()
def verify(request: HttpRequest) -> HttpResponse:
    """Asks for a code after the password."""
    user = _person(request)
    back = _next(request)
    if user.is_verified() or not policy.is_enrolled(user):  # type: ignore[attr-defined]
        return redirect(back)
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            proof = second_factor.verify(user=user, **form.cleaned_data)
        except (CodeRefused, TooManyCodes) as problem:
            form.add_error("code", problem.detail)
            status = 429 if isinstance(problem, TooManyCodes) else 200
        else:
            _let_in(request, proof.device)
            _warn_of_few_codes(request, proof.codes_left)
            return redirect(back)
    return _page(request, "verify.html", title="Your code", form=form, next=back, status=status)


@sensitive_post_parameters()
def new_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, for a password and a code."""
    user = _enrolled(request)
    form = ProofForm(request.POST or None)
    if codes := _proved(request, form, second_factor.renew_recovery_codes, user):
        return _show_codes(request, codes, back=reverse("two-factor"))
    return _ask(
        request,
        form,
        title="New recovery codes",
        explanation="The codes that you have now are worth nothing any more.",
        button="Make new codes",
    )


@sensitive_post_parameters()
def remove(request: HttpRequest) -> HttpResponse:
    """Takes the own second factor away, for a password and a code; other sessions end."""
    user = _enrolled(request)
    form = ProofForm(request.POST or None)

    def take_away(**proof: Any) -> bool:
        second_factor.remove_own(**proof)
        return True

    if _proved(request, form, take_away, user):
        update_session_auth_hash(request, user)
        messages.success(request, "The authenticator is gone, with its recovery codes.")
        return redirect("two-factor-enrol" if policy.is_demanded_of(user) else "two-factor")
    return _ask(
        request,
        form,
        title="Remove the authenticator",
        explanation="Do this before you move to another phone. Your recovery codes go with it, and "
        "you are signed out everywhere else."
        + (" You set up the new one next." if policy.is_demanded_of(user) else ""),
        button="Remove",
        dangerous=True,
    )


def locked_out(request: HttpRequest, _response: HttpResponse, _credentials: Any) -> HttpResponse:
    """The same for names that nobody has and for right passwords."""
    minutes = settings.SIGN_IN_LOCK_MINUTES
    response = render(request, "foundation/signin/locked.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(minutes * 60)
    return response


def _person(request: HttpRequest) -> User:
    if not policy.is_on():
        raise Http404
    return person(request)


def _enrolled(request: HttpRequest) -> User:
    user = _person(request)
    if not policy.is_enrolled(user):
        raise Http404
    return user


def _proved(request: HttpRequest, form: ProofForm, act: Any, user: User) -> Any:
    """What `act` makes of a password and a code; None, and errors on the form, when refused."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return act(user=user, **form.cleaned_data)
    except (CodeRefused, TooManyCodes) as problem:
        form.add_error(None, problem.detail)
        return None


def _let_in(request: HttpRequest, device: Any) -> None:
    """The session holds more from now on, so it gets another key."""
    django_otp.login(request, device)
    request.session.cycle_key()


def _warn_of_few_codes(request: HttpRequest, left: int | None) -> None:
    if left is not None:
        messages.warning(
            request,
            f"That recovery code is used up; {left} are left. Lost the phone? Remove the "
            "authenticator under Two-factor sign-in, and set up another.",
        )


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index")


def _qr_code(text: str) -> SafeString:
    """Black on white whatever the theme, since cameras want it so."""
    code = segno.make(text, error="m")
    svg = code.svg_inline(scale=_QR_SIDE, border=3, light="white", svgclass=None, lineclass=None)
    return mark_safe(svg)  # noqa: S308  made of squares


def _show_codes(request: HttpRequest, codes: list[str], *, back: str) -> HttpResponse:
    return _page(request, "codes.html", title="Your recovery codes", codes=codes, back=back)


def _ask(request: HttpRequest, form: Form, **context: Any) -> HttpResponse:
    back = reverse("two-factor")
    frame = admin.site.each_context(request)
    return TemplateResponse(
        request, "foundation/confirm.html", {**frame, "form": form, "back": back, **context}
    )


def _page(
    request: HttpRequest, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    frame = admin.site.each_context(request)
    return TemplateResponse(
        request, f"foundation/signin/{template}", {**frame, **context}, status=status
    )
