"""Whether arguments fit a function's signatures."""

from features.types import Type
from rules.language.functions import MAX_ARGUMENTS, Function, Signature
from rules.language.terms import Constant, Term, is_zero

Fitted = tuple[tuple[Term, ...], Type]


def count_fits(function: Function, count: int) -> bool:
    """Whether the function takes that many arguments."""
    counts = {len(signature.takes) for signature in function.signatures}
    return count in counts or (function.variadic and min(counts) <= count <= MAX_ARGUMENTS)


def fit(function: Function, terms: list[Term]) -> Fitted | None:
    """The arguments and the type of the result by the first signature that fits.

    Signatures that fit as they stand go before those for which a zero has to become money.
    """
    for exact in (True, False):
        for signature in function.signatures:
            arguments = _arguments(signature, terms, variadic=function.variadic, exact=exact)
            if arguments:
                return arguments, signature.gives
    return None


def _arguments(
    signature: Signature, terms: list[Term], *, variadic: bool, exact: bool
) -> tuple[Term, ...]:
    """The arguments as the signature takes them, or an empty tuple."""
    takes = signature.takes
    if variadic:
        takes += takes[-1:] * (len(terms) - len(takes))
    if len(takes) != len(terms):
        return ()
    tried = [as_type(term, kind, exact=exact) for term, kind in zip(terms, takes, strict=True)]
    fitted = tuple(term for term in tried if term)
    return fitted if len(fitted) == len(terms) else ()


def as_type(term: Term, kind: Type, *, exact: bool = False) -> Term | None:
    """The term if it has the type. A zero is money as well, in whatever currency."""
    if term.type is kind:
        return term
    if not exact and kind is Type.MONEY and term.type is Type.NUMBER and is_zero(term):
        return Constant(0.0, type=Type.MONEY, span=term.span)
    return None
