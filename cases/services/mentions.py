"""People named in notes with an @, who find the note on their first page."""

import re
from collections.abc import Iterable
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone as clock

from cases.models import Case, CaseEntry, Mention
from clients.models import StaffScope
from clients.queries import SEE_ALL
from foundation.errors import BadRequest, FieldError
from foundation.models import User

SEE: Final = "cases.view_case"
MOST: Final = 20
_NAMED: Final = re.compile(r"(?<![\w@.+-])@([\w.@+-]*\w)")


def names_in(text: str) -> list[str]:
    """Names behind an @, each once; the @ of an e-mail address names nobody.

    >>> names_in("@ada, ask @bob. Mail ada@example.com; @ada again")
    ['ada', 'bob']
    """
    return list(dict.fromkeys(match[1] for match in _NAMED.finditer(text)))


def mentioned_in(text: str, case: Case) -> list[User]:
    """The people named in a note. Raises BadRequest naming those who cannot see the case, which
    tells nobody who exists elsewhere. One query, none without a name."""
    names = names_in(text)
    if not names:
        return []
    if len(names) > MOST:
        _refuse(f"A note can name {MOST} people at most.")
    found = {user.get_username(): user for user in who_sees(case).filter(username__in=names)}
    if unknown := [f"@{name}" for name in names if name not in found]:
        who = ", ".join(unknown)
        _refuse(f"Nobody of this name sees the case: {who}. Correct it, or leave the @ out.")
    return [found[name] for name in names]


def _refuse(message: str) -> None:
    raise BadRequest(message, errors=[FieldError("text", message, "mention")])


def who_sees(case: Case) -> QuerySet[User]:
    """Active people with the permission and the scope; unevaluated."""
    scoped = StaffScope.objects.filter(institution=case.institution_id)
    sees = Q(pk__in=scoped.values("user")) | Q(pk__in=User.objects.with_perm(SEE_ALL).values("pk"))
    found: QuerySet[User] = User.objects.with_perm(SEE).filter(sees)
    return found


def mention(people: Iterable[User], entry: CaseEntry) -> None:
    """Stores that the note names them."""
    Mention.objects.bulk_create([Mention(entry=entry, user=user) for user in people])


def unseen_by(user: User, scope: list[int] | None, most: int) -> list[Mention]:
    """Notes that name the person and that they have not opened, newest first; one query. Those of
    cases that they no longer see are left out."""
    rows = Mention.objects.filter(user=user, seen_at=None)
    if scope is not None:
        rows = rows.filter(entry__case__institution__in=scope)
    return list(rows.select_related("entry__case", "entry__by").order_by("-pk")[:most])


def see(case: Case, user: User) -> list[Mention]:
    """What of this case the person had not seen, which counts as seen from now on. One query, two
    where there is something."""
    rows = Mention.objects.filter(user=user, seen_at=None, entry__case=case)
    new = list(rows.select_related("entry__by").order_by("pk"))
    if new:
        Mention.objects.filter(pk__in=[row.pk for row in new]).update(seen_at=clock.now())
    return new
