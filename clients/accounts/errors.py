"""Why an account is refused. None says whether an e-mail address is known here."""

from foundation.errors import Forbidden, TooManyRequests, Unauthorized


class LoginRefused(Unauthorized):
    """The same answer for an unknown address, a wrong password and a closed account."""

    type = "login-refused"
    title = "You were not signed in"

    def __init__(self) -> None:
        super().__init__("E-mail and password do not match an open account.")


class TokenRefused(Unauthorized):
    title = "The token was not accepted"


class TokenMissing(TokenRefused):
    type = "token-missing"

    def __init__(self) -> None:
        super().__init__("Send your access token in the header Authorization: Bearer <token>.")


class TokenUnknown(TokenRefused):
    """The same answer for everything that we did not sign, or signed for something else."""

    type = "token-unknown"

    def __init__(self) -> None:
        super().__init__("The token is not one of ours, or not of the kind that is asked for.")


class TokenExpired(TokenRefused):
    type = "token-expired"

    def __init__(self) -> None:
        super().__init__("The token has expired. Refresh it, or sign in again.")


class TokenRevoked(TokenRefused):
    type = "token-revoked"

    def __init__(self) -> None:
        super().__init__("The token was revoked. Sign in again.")


class TooManyAttempts(TooManyRequests):
    """The same answer whether there is such an account or not."""

    type = "too-many-attempts"
    title = "Too many attempts"

    def __init__(self, *, retry_after: int) -> None:
        """`retry_after` in whole seconds."""
        super().__init__("Too many attempts. Wait, then try again.", retry_after=retry_after)


class RegistrationClosed(Forbidden):
    type = "registration-closed"

    def __init__(self) -> None:
        super().__init__("Accounts cannot be registered here. Ask the operator for access.")


class TierNotOpen(Forbidden):
    type = "tier-not-open"

    def __init__(self, tier: str) -> None:
        super().__init__(f"The tier {tier} is given by the operator; register without naming it.")
