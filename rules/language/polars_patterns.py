"""Whether Polars' regex engine takes a pattern: asked when a rule is saved, never while scoring."""

from functools import lru_cache

from rules.language.patterns import Pattern


@lru_cache(maxsize=4_096)
def polars_refusal(pattern: Pattern) -> str:
    """Why Polars refuses the pattern, or "". All that `read_pattern` writes should pass."""
    # Imported late: Polars takes a fifth of a second, and a scoring worker may never need it.
    import polars as pl

    try:
        pl.select(pl.lit("").str.contains(pattern.rust, literal=False, strict=True))
    except pl.exceptions.PolarsError as error:
        return str(error).splitlines()[0][:200]
    return ""
