"""Why a key is refused, each saying what to do and none anything about the secret; and a name that
nobody has."""

from collections.abc import Iterable

from foundation.errors import Forbidden, Unauthorized


class KeyMissing(Unauthorized):
    type = "key-missing"

    def __init__(self) -> None:
        super().__init__("Send your API key in the header X-API-Key.")


class KeyUnknown(Unauthorized):
    """The same answer for a malformed key, an unknown prefix and a wrong secret."""

    type = "key-unknown"

    def __init__(self) -> None:
        super().__init__("The API key is not known here. Check that it was copied in full.")


class KeyExpired(Unauthorized):
    type = "key-expired"

    def __init__(self) -> None:
        super().__init__("The API key has expired. Ask for a new one.")


class KeyRevoked(Unauthorized):
    type = "key-revoked"

    def __init__(self) -> None:
        super().__init__("The API key was revoked. Ask for a new one.")


class InstitutionInactive(Unauthorized):
    type = "institution-inactive"

    def __init__(self) -> None:
        super().__init__("The institution of this API key is not active.")


class ScopeMissing(Forbidden):
    type = "scope-missing"

    def __init__(self, scope: str) -> None:
        super().__init__(f"The API key lacks the scope {scope}.")


class UnknownInstitutionError(LookupError):
    """No institution has the slug that an operator gave; names those that there are."""

    def __init__(self, slug: str, known: Iterable[str]) -> None:
        names = ", ".join(known) or "none yet"
        super().__init__(f"There is no institution {slug}; there are: {names}.")
