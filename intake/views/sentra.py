"""What the `sentra` format asks besides decisions and accounts."""

from django.http import HttpRequest, HttpResponse

from intake.doors import check_door, open_door
from intake.formats.sentra import SENTRA
from intake.views.state import health_answer

score = check_door(SENTRA, endpoint="sentra_score")


@open_door(wire=SENTRA, endpoint="sentra_health")
def health(request: HttpRequest) -> HttpResponse:
    """As the native one, for whoever asks: 200 when this instance can decide, else 503."""
    return health_answer()
