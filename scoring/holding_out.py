"""Who is drawn for the hold-out lane: a few small transactions, at random. Off by default."""

from typing import Final

from django.conf import settings

from intelligence.rates import current_rates
from scoring.prepare import Prepared

_PARTS: Final = 1 << 32


def is_held_out(prepared: Prepared) -> bool:
    """Drawn by the random part of our own id, which nobody outside can choose or foresee."""
    share: int = settings.HOLD_OUT_PER_MILLE
    if not share or (prepared.id.int % _PARTS) * 1_000 >= share * _PARTS:
        return False
    rates = current_rates().into("USD", (prepared.currency,), prepared.occurred_at)
    rate = rates.get(prepared.currency)
    return rate is not None and prepared.request.amount * rate <= settings.HOLD_OUT_MAX_USD
