"""How sure the ways are in which customers show who they are."""

# Editable. Points of risk, 0 to 100, by how easily the way is stolen, intercepted or talked out of
# somebody (NIST SP 800-63B calls messages over the telephone network restricted).
RISK_BY_METHOD = {
    "passkey": 5.0,
    "key": 5.0,
    "hardware_key": 5.0,
    "biometric": 10.0,
    "app": 20.0,
    "totp": 20.0,
    "push": 25.0,
    "voice": 50.0,
    "sms": 50.0,
    "email": 60.0,
    "pin": 70.0,
    "password": 80.0,
    "none": 100.0,
}
BIOMETRIC = 10.0
BY_THE_ISSUER = 20.0  # 3-D Secure
PASSWORD_ALONE = 80.0


def risk(
    method: str | None, biometric: bool | None, by_issuer: bool | None, mfa_disabled: bool | None
) -> float | None:
    """The risk of the surest of the ways that were used; None when nothing is known of them.

    >>> risk("sms", False, None, None), risk("sms", None, True, None), risk(None, None, None, True)
    (50.0, 20.0, 80.0)
    """
    risks = [RISK_BY_METHOD.get(method)] if method else []
    risks += [BIOMETRIC] if biometric else []
    risks += [BY_THE_ISSUER] if by_issuer else []
    risks += [PASSWORD_ALONE] if mfa_disabled else []
    return min([known for known in risks if known is not None], default=None)
