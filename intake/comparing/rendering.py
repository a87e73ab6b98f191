"""A comparison as text for a terminal, as JSON for programs, as a page to pass on."""

from collections.abc import Iterator

import msgspec
from django.template.loader import render_to_string

from intake.comparing.figures import STATUSES, Comparison, Difference, Truth


def as_json(comparison: Comparison) -> str:
    return msgspec.json.format(msgspec.json.encode(comparison)).decode()


def as_html(comparison: Comparison) -> str:
    """One file that needs no other; every text in it is escaped."""
    rows = [(old, [comparison.matrix[old][new] for new in STATUSES]) for old in STATUSES]
    return render_to_string(
        "intake/compare.html",
        {
            "comparison": comparison,
            "statuses": STATUSES,
            "rows": rows,
            "summary": list(_summary(comparison)),
        },
    )


def as_text(comparison: Comparison) -> str:
    return "\n".join(_lines(comparison))


def _lines(comparison: Comparison) -> Iterator[str]:
    yield from _summary(comparison)
    yield ""
    yield "theirs \\ ours " + "".join(f"{status:>12}" for status in STATUSES)
    for old in STATUSES:
        numbers = (f"{comparison.matrix[old][new]:>12,}" for new in STATUSES)
        yield f"{old:<14}" + "".join(numbers)
    if comparison.rules_without_counterpart:
        yield ""
        yield "Rules of theirs without a counterpart here, and how often they fired:"
        for name, count in comparison.rules_without_counterpart.items():
            yield f"  {count:>8,}  {name}"
    if comparison.differences:
        yield ""
        yield "Furthest apart:"
        for difference in comparison.differences:
            yield from _difference(difference)
    if comparison.bad_lines:
        yield ""
        yield f"{comparison.bad_lines:,} lines could not be compared:"
        yield from (f"  line {bad.line}: {bad.message}" for bad in comparison.bad)


def _summary(comparison: Comparison) -> Iterator[str]:
    total, same = comparison.transactions, comparison.same_status
    share = f" ({comparison.agreement:.1%})" if comparison.agreement is not None else ""
    yield (
        f"{total:,} transactions of format {comparison.format} in {comparison.institution}, "
        f"ruleset {comparison.ruleset or 'none'}: {same:,} end alike{share}."
    )
    if comparison.old_average_score is not None and comparison.new_average_score is not None:
        yield (
            f"Average score {comparison.old_average_score:.1f} there, "
            f"{comparison.new_average_score:.1f} here. Correlation of the scores "
            f"{_number(comparison.pearson)}, of their order {_number(comparison.spearman)}."
        )
    if comparison.truth is not None:
        yield _truth(comparison.truth)
    yield from comparison.notes


def _truth(truth: Truth) -> str:
    return (
        f"Of {truth.frauds:,} known frauds {truth.old_frauds_declined:,} were declined there and "
        f"{truth.new_frauds_declined:,} here; of {truth.genuine:,} genuine transactions "
        f"{truth.old_genuine_declined:,} there and {truth.new_genuine_declined:,} here."
    )


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"


def _difference(one: Difference) -> Iterator[str]:
    known = "" if one.fraud is None else ", fraud" if one.fraud else ", genuine"
    yield (
        f"  line {one.line}, {one.transaction_id}{known}: {one.old_status} {one.old_score:.0f} "
        f"there, {one.new_status} {one.new_score:.0f} here"
    )
    model = "" if one.ml_score is None else f", model {one.ml_score:.0f}"
    effect = f", decided by the effect {one.effect}" if one.effect else ""
    yield f"      rules {one.rule_score:.0f}{model}{effect}"
    for hit in one.our_hits:
        yield f"      ours   {hit.rule} ({hit.worth:.0%}): {hit.reason}"
    if one.rules_not_known:
        yield f"      theirs without counterpart: {', '.join(one.rules_not_known)}"
    if one.rules_not_fired:
        yield f"      theirs that did not fire here: {', '.join(one.rules_not_fired)}"
