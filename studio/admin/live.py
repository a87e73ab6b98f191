"""What the editor asks while somebody types: checks, words, the builder's text, a trial.

Everything here only reads, and answers in milliseconds; who asks too often is told to wait.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.http import require_POST

from foundation.admin_parts import FastModelAdmin, demand, own_paths, person
from foundation.errors import Problem
from foundation.scopes import visible_institutions
from intelligence.models import List
from rules.definition import Definition
from rules.language import RuleProblems
from rules.models import Rule
from studio.editor.bounding import TRIALS, bound
from studio.editor.drafts import Draft, read_draft
from studio.editor.live import check_up, errors_in, text_of_builder
from studio.editor.subjects import pasted_subject, stored_subject
from studio.editor.trying import Subject, try_out
from studio.editor.vocabulary import vocabulary

EDIT = "rules.change_rule"
_LARGEST_BUILDER = 100_000  # characters of JSON


class LiveParts(FastModelAdmin):
    """Of the admin of rules: the addresses that the editor's scripts ask."""

    def get_urls(self) -> list[URLPattern]:
        own = own_paths(
            self,
            ("words/", self.words_view, "words"),
            ("check/", require_POST(self.check_view), "check"),
            ("build/", require_POST(self.build_view), "build"),
            ("try/", require_POST(self.try_view), "try"),
        )
        return [*own, *super().get_urls()]

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """The whole form, as `rules_rule_change` gets it; `rule` is the code of what it edits."""
        demand(request, EDIT)
        return answered(lambda: self._check(request))

    def _check(self, request: HttpRequest) -> HttpResponse:
        bound(person(request), "check")
        draft, base = draft_of(request)
        return _json(msgspec.json.encode(check_up(draft, base=base)))

    def build_view(self, request: HttpRequest) -> HttpResponse:
        """The text of what the builder shows."""
        demand(request, EDIT)
        return answered(lambda: self._build(request))

    def _build(self, request: HttpRequest) -> HttpResponse:
        bound(person(request), "check")
        given = request.POST.get("builder", "")
        try:
            part = json.loads(given) if len(given) <= _LARGEST_BUILDER else None
            json.dumps(part, ensure_ascii=False).encode()  # half of a surrogate pair is no text
        except (ValueError, RecursionError):
            part = None
        try:
            text = text_of_builder(part)
        except RuleProblems as error:
            found = [{"message": p.message, "hint": p.hint} for p in error.problems]
            return _json(msgspec.json.encode({"problems": found}), status=422)
        return _json(msgspec.json.encode({"text": text}))

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """A fragment of HTML: what the draft makes of one transaction."""
        demand(request, EDIT)
        return answered(lambda: self._try(request))

    def _try(self, request: HttpRequest) -> HttpResponse:
        user = person(request)
        bound(user, "try", TRIALS)
        draft, _ = draft_of(request)
        definition = draft.definition
        if definition is None or errors_in(definition):
            return fragment(request, "studio/parts/trial.html", {"unsound": True})
        try:
            subject = _subject(request, definition)
        except Problem as problem:
            return fragment(request, "studio/parts/trial.html", {"refused": problem.detail})
        trial = try_out(definition, subject)
        return fragment(request, "studio/parts/trial.html", {"trial": trial})

    def words_view(self, request: HttpRequest) -> HttpResponse:
        """Names for completion; lists are those that the person may see."""
        demand(request, "rules.view_rule")
        visible = visible_institutions(person(request))
        lists = List.objects.all()
        if visible is not None:
            lists = lists.filter(Q(institution=None) | Q(institution__in=visible))
        response = _json(msgspec.json.encode(vocabulary(lists.values_list("name", flat=True))))
        patch_cache_control(response, private=True, max_age=60)
        return response


def _subject(request: HttpRequest, definition: Definition) -> Subject:
    user, sent = person(request), request.POST
    if sent.get("subject") == "pasted":
        return pasted_subject(by=user, text=sent.get("pasted", ""), definition=definition)
    reference = sent.get("reference", "")
    return stored_subject(by=user, reference=reference, definition=definition)


def draft_of(request: HttpRequest) -> tuple[Draft, Definition | None]:
    """What was typed, and the version that it began with; of a new rule there is none."""
    code = request.POST.get("rule", "")
    if not code:
        return read_draft(request.POST, code=""), None
    rule = get_object_or_404(Rule.objects.select_related("current"), code=code)
    return read_draft(request.POST, code=code), rule.version.definition


def answered(work: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer; a Problem as the JSON that scripts read its sentence from."""
    try:
        return work()
    except Problem as problem:
        answer = JsonResponse({"detail": problem.detail}, status=problem.status)
        for name, value in problem.headers.items():
            answer.headers[name] = value
        return answer


def _json(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(body, content_type="application/json", status=status)


def fragment(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A part of a page; it is never kept, since it tells of the moment."""
    response = TemplateResponse(request, template, context).render()
    add_never_cache_headers(response)
    return response
