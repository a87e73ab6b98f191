"""Which switches are on."""

from django.utils import timezone as clock

from rules.models import Publication
from rules.switching.models import Switch


def switches_on() -> list[Switch]:
    """Those that hold now, by vertical (one query)."""
    rows = Switch.objects.filter(ended_at=None, ends_at__gt=clock.now())
    return list(rows.order_by("vertical"))


def count_on() -> int:
    """How many verticals are under a switch, from what scoring reads (one query)."""
    told = Publication.objects.values_list("switches", flat=True).first() or {}
    now = clock.now().timestamp()
    return sum(one["until"] > now for one in told.values())
