"""A report as text for a terminal, as Markdown for a page, as JSON for programs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from scoring.reports.figures import GroupFigures, Report, RuleFigures, Share

FEW = 100  # below so many in the whole a share is shown with its interval
SCALE_NAMES = {"rules_alone": "rules alone", "with_model": "with a model"}


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a line below it, column heads and rows of texts; the first column is a name."""

    title: str
    remark: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def render(report: Report, form: str) -> str:
    """The whole report; `form` is text, markdown or json."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(report)).decode()
    show = _markdown if form == "markdown" else _text
    head = _paragraphs(report, markdown=form == "markdown")
    tables = [show(table) for table in _tables(report) if table.rows]
    return "\n\n".join([head, *tables, *_silent(report)])


def _paragraphs(report: Report, *, markdown: bool) -> str:
    span = f"{report.first:%Y-%m-%d} to {report.last:%Y-%m-%d}" if report.first else "no time"
    together = report.together
    what = f"{report.ruleset} on {report.decisions:,} decisions of {report.institution} ({span})"
    model = f"With a model: as if its score were {report.model_taken_as:g} for all."
    lines = [
        f"{what}: {together.fraud:,} fraud, {together.genuine:,} genuine.",
        f"By {report.truth}. {_labels(report)}{model}",
        *report.notes,
    ]
    return ("\n\n" if markdown else "\n").join(lines)


def _labels(report: Report) -> str:
    known = f"Labels known by {report.known_by:%Y-%m-%d %H:%M} UTC. " if report.known_by else ""
    if not report.unlabelled:
        return known
    return f"{known}{report.unlabelled:,} without a label are {report.unlabelled_are}. "


def _tables(report: Report) -> list[Table]:
    return [
        Table("Together", "", _GROUP_HEADS, [*_group_rows([report.together], by="scale")]),
        Table("By vertical", "", _GROUP_HEADS, [*_group_rows(report.verticals)]),
        Table("By typology", "", _TYPOLOGY_HEADS, [*_typology_rows(report.typologies)]),
        Table("By rule", _RULE_REMARK, _RULE_HEADS, [_rule_row(r) for r in report.rules if r.hits]),
    ]


def _silent(report: Report) -> list[str]:
    """The line of the rules that never fired, if there are any."""
    idle = sorted((rule.code, rule.state) for rule in report.rules if not rule.hits)
    codes = [code if state == "live" else f"{code} (in {state})" for code, state in idle]
    return [f"Never fired: {', '.join(codes)}."] if codes else []


_GROUP_HEADS = (
    "",
    "scale",
    "fraud",
    "genuine",
    "genuine to review",
    "genuine declined",
    "genuine flagged",
    "fraud caught",
    "fraud declined",
    "fraud amount caught",
    "precision",
)


def _group_rows(groups: Iterable[GroupFigures], by: str = "name") -> Iterable[list[str]]:
    for group in groups:
        for scale, figures in group.scales.items():
            yield [
                group.name,
                SCALE_NAMES[scale],
                f"{group.fraud:,}",
                f"{group.genuine:,}",
                say_share(figures.genuine_review),
                say_share(figures.genuine_declined),
                say_share(figures.genuine_flagged),
                say_share(figures.fraud_caught),
                say_share(figures.fraud_declined),
                say_share(figures.amount_caught, interval=False),
                say_share(figures.precision),
            ]


_TYPOLOGY_HEADS = (
    "",
    "fraud",
    "caught, rules alone",
    "caught, with a model",
    "amount, with a model",
)


def _typology_rows(groups: Iterable[GroupFigures]) -> Iterable[list[str]]:
    for group in groups:
        alone, model = group.scales["rules_alone"], group.scales["with_model"]
        yield [
            group.name,
            f"{group.fraud:,}",
            say_share(alone.fraud_caught),
            say_share(model.fraud_caught),
            say_share(model.amount_caught, interval=False),
        ]


_RULE_REMARK = (
    "Own: caught fraud and false alarms that hang on this rule alone, by rules alone / with a "
    "model. For a rule in shadow: what it would add."
)
_RULE_HEADS = (
    "",
    "state",
    "effect",
    "hits",
    "hit rate",
    "precision",
    "recall",
    "of genuine",
    "own fraud",
    "own false alarms",
    "most often with",
)


def _rule_row(rule: RuleFigures) -> list[str]:
    alone, model = rule.matters["rules_alone"], rule.matters["with_model"]
    beside = say_share(rule.overlap, interval=False)
    return [
        rule.code,
        rule.state,
        rule.effect,
        f"{rule.hits:,}",
        say_share(rule.hit_rate, interval=False),
        say_share(rule.precision),
        say_share(rule.recall),
        say_share(rule.false_alarm_rate, interval=False),
        f"{alone.fraud:,} / {model.fraud:,}",
        f"{alone.false_alarms:,} / {model.false_alarms:,}",
        f"{rule.most_often_with} {beside}" if rule.most_often_with else "",
    ]


def say_share(share: Share, *, interval: bool = True) -> str:
    """A percentage, with its interval where the whole is small; a dash where there is none.

    >>> say_share(Share(8, 10, 0.8, 0.49, 0.943)), say_share(Share(0, 0, None))
    ('80 % (49–94)', '–')
    """
    if share.value is None:
        return "–"
    text = f"{_percent(share.value)} %"
    if interval and share.whole < FEW and share.low is not None and share.high is not None:
        text += f" ({_percent(share.low)}–{_percent(share.high)})"
    return text


def _percent(value: float) -> str:
    """
    >>> [_percent(v) for v in (0.0, 0.00004, 0.00123, 0.0234, 0.5, 1.0)]
    ['0', '0.004', '0.12', '2.3', '50', '100']
    """
    percent = value * 100
    if percent and percent < 1:
        return f"{percent:.2g}"
    return f"{percent:.1f}".rstrip("0").rstrip(".")


def _markdown(table: Table) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (table.heads, *table.rows)]
    lines.insert(1, "|---" + "|---:" * (len(table.heads) - 1) + "|")
    remark = [table.remark, ""] if table.remark else []
    return "\n".join([f"**{table.title}**", "", *remark, *lines])


def _text(table: Table) -> str:
    rows = [table.heads, *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.heads))]
    lines = []
    for row in rows:
        padded = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        cells = [row[0].ljust(widths[0]), *padded[1:]]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join([table.title, *([table.remark] if table.remark else []), *lines])


BEGIN, END = "<!-- rule_report begin -->", "<!-- rule_report end -->"


def put_between_markers(page: str, report: str) -> str:
    """The page with what stood between its markers replaced. Raises ValueError without markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} followed by {END}")
    return f"{before}{BEGIN}\n{report}\n{END}{after}"
