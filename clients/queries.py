"""Answers about clients and their staff."""

from django.db.models import Q, QuerySet

from clients.errors import UnknownInstitutionError
from clients.models import Institution, StaffScope
from foundation.models import User

SEE_ALL = "clients.see_all_institutions"
MOST_SLUGS = 20


def institution_of(slug: str) -> Institution:
    """The institution with this slug, active or not; one query.

    Raises UnknownInstitutionError, which names those that there are.
    """
    found = Institution.objects.filter(slug=slug).first()
    if found is None:
        known = Institution.objects.order_by("slug").values_list("slug", flat=True)
        raise UnknownInstitutionError(slug, known[:MOST_SLUGS])
    return found


def visible_institution_ids(user: User) -> list[int] | None:
    """Ids of `user_institutions`, or None for somebody who sees all; at most one query."""
    if user.has_perm(SEE_ALL):
        return None
    return list(user_institutions(user).order_by().values_list("pk", flat=True))


def user_institutions(user: User) -> QuerySet[Institution]:
    """Institutions whose data the person may see, as a lazy query to filter by.

    Administrators, auditors and superusers see all of them, others those that they are scoped to;
    somebody without a scope sees none.
    """
    if user.has_perm(SEE_ALL):
        return Institution.objects.all()
    return Institution.objects.filter(staff__user=user)


def people_of(institution: int) -> Q:
    """The condition on people that they see the institution; no query by itself."""
    scoped = StaffScope.objects.filter(institution=institution)
    every = User.objects.with_perm(SEE_ALL)
    return Q(pk__in=scoped.values("user")) | Q(pk__in=every.values("pk"))
