"""The dossier on paper: each record in words, as it comes."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from cases.reports.dossier import Record
from cases.reports.pdf import Sheets
from cases.typologies import in_words

_HEADINGS: Final = {
    "transactions": "Transactions and decisions",
    "timeline": "Timeline and notes",
    "attachments": "Attached files",
    "audit": "Audit trail of the case",
}
_EXPLAINED: Final = {
    "transactions": "In the order in which they were flagged, oldest first. Worth: certainty that "
    "the rule adds, in per cent.",
    "timeline": "Oldest first, in UTC. The digest of each entry is sealed into the audit trail.",
    "attachments": "Names and digests; the files themselves are kept with the case.",
    "audit": "Each entry with its number in the sealed chain and its SHA-256. Entries without "
    "number are not sealed yet.",
}


class DossierPdf:
    """Takes the records in the order of `dossier.parts_of`."""

    def __init__(self, file: Any, export: Record) -> None:
        self.file, self.export, self.part = file, export, ""
        self._sheets: Sheets | None = None
        self._take: Mapping[str, Callable[[Record], None]] = {
            "case": self._case,
            "customer": self._customer,
            "transactions": self._transaction,
            "timeline": self._entry,
            "attachments": self._attachment,
            "audit": self._audited,
        }

    @property
    def sheets(self) -> Sheets:
        assert self._sheets is not None  # noqa: S101  (the case comes first)
        return self._sheets

    def add(self, part: str, record: Record) -> None:
        if part != self.part and part in _HEADINGS:
            self.sheets.heading(_HEADINGS[part])
            self.sheets.text(_EXPLAINED[part], size=8, grey=True, after=2)
        self.part = part
        self._take[part](record)

    def finish(self, digest: str) -> None:
        self.sheets.gap(14)
        self.sheets.text("End of the dossier.", size=8, grey=True)
        self.sheets.finish(digest=digest)

    # -- parts --------------------------------------------------------------------------------

    def _case(self, case: Record) -> None:
        export = self.export
        name = f"Case {case['number']}"
        self._sheets = sheets = Sheets(
            self.file,
            title=f"{name}: dossier",
            footer=f"{name}, {case['institution']}: dossier, {in_utc(export['at'])}, confidential",
        )
        sheets.title(f"{name}: dossier")
        sheets.text(str(case["institution"]), size=11, after=8)
        head = export["audit_chain_head"]
        sheets.fact("exported", f"{in_utc(export['at'])} by {export['by']}")
        sheets.fact("identifiers", export["identifiers"])
        sheets.fact("audit chain", f"head {head['sequence']}, {head['hash']}")
        sheets.fact("made with", export["application"])
        sheets.gap(4)
        sheets.text(
            "The digest at the foot of each page is that of the content of the same dossier as "
            "JSON; it is the same whenever the content is. Notes are quoted as they were typed. "
            f"At most {case['most_transactions_told']:,} transactions and "
            f"{case['most_entries_told']:,} entries are told.",
            size=8,
            grey=True,
        )
        sheets.heading("The case")
        self._facts_of_case(case)

    def _facts_of_case(self, case: Record) -> None:
        found = (case["disposition"] or "not decided").replace("_", " ")
        kind = in_words(case["typology"] or case["suspected_typology"] or "")
        sheets = self.sheets
        sheets.fact("status", f"{case['status'].replace('_', ' ')}, {found}")
        sheets.fact(
            "kind of fraud", kind + ("" if case["typology"] or not kind else " (suspected)")
        )
        sheets.fact("score", f"{case['score']} of 100, {case['level']}")
        sheets.fact("at risk", _money(case["amount_at_risk"], case["currency"]))
        sheets.fact("expected loss", _money(f"{case['expected_loss_usd']:.2f}", "USD"))
        sheets.fact("vertical", case["vertical"].replace("_", " "))
        sheets.fact("opened", in_utc(case["opened_at"]))
        sheets.fact("due", in_utc(case["due_at"]))
        sheets.fact("closed", in_utc(case["closed_at"]))
        sheets.fact("assigned to", case["assignee"] or "nobody")
        if case["merged_into"]:
            sheets.fact("merged into", f"case {case['merged_into']}")
        for name, many, most in (
            ("transactions", case["transactions_in_all"], case["most_transactions_told"]),
            ("timeline", case["timeline_in_all"], case["most_entries_told"]),
        ):
            left = f"; the first {most:,} are told here" if many > most else ""
            sheets.fact(name, f"{many:,}{left}")

    def _customer(self, customer: Record) -> None:
        self.sheets.heading("The customer")
        self.sheets.fact("reference", customer["reference"])
        self.sheets.fact("first seen", in_utc(customer["first_seen_at"]))
        for other in customer["other_cases"]:
            found = (other["disposition"] or other["status"]).replace("_", " ")
            kind = f", {in_words(other['typology'])}" if other["typology"] else ""
            told = f"{found}{kind}, opened {in_utc(other['opened_at'])}"
            self.sheets.fact(f"other case {other['number']}", told)

    def _transaction(self, row: Record) -> None:
        sheets, decided = self.sheets, row["decision"]
        sheets.subheading(f"{row['transaction_id']} · {_money(row['amount'], row['currency'])}")
        kind = f", {row['type']}" if row["type"] else ""
        sheets.fact("when", f"{in_utc(row['occurred_at'])} ({row['vertical']}{kind})", size=8)
        sheets.fact("identifiers", _pairs(row["identifiers"]), size=8)
        now = row["current_status"]
        since = f"; {now} by a reviewer" if row["outcomes"] else ""
        sheets.fact(
            "decision",
            f"{decided['status']}, score {decided['score']} ({decided['level']}){since}",
            size=8,
        )
        sheets.fact("decided by", _versions(decided), size=8)
        for hit in decided["reasons"]:
            effect = "" if hit["effect"] in ("score", "", None) else f", {hit['effect']}"
            sheets.fact(f"worth {100 * hit['worth']:.0f}{effect}", hit["reason"], size=8)
        for hit in decided["list_hits"]:
            effect = f", {hit['effect']}" if hit["effect"] else ""
            sheets.fact("on a list", f"{hit['list']} ({hit['feature']}{effect})", size=8)
        for label in row["labels"]:
            kind = f", {in_words(label['typology'])}" if label["typology"] else ""
            word = "fraud" if label["is_fraud"] else "genuine"
            told = f"{word}{kind}, by {label['source']}, known {in_utc(label['known_at'])}"
            sheets.fact("label", told, size=8)
        for outcome in row["outcomes"]:
            told = f"{outcome['status']} by {outcome['by']}, {in_utc(outcome['at'])}: "
            sheets.fact("outcome", told + outcome["reason"], size=8)

    def _entry(self, entry: Record) -> None:
        who = entry["by"] or "system"
        told = f"{in_utc(entry['at'])} · {entry['kind']} · {who}"
        self.sheets.subheading(told, size=8, room=30)
        if entry["text"]:
            self.sheets.text(entry["text"], size=8.5, indent=12)
        facts = {name: value for name, value in entry["facts"].items() if name != "length"}
        if facts:
            self.sheets.text(_pairs(facts), size=7.5, indent=12, grey=True)

    def _attachment(self, file: Record) -> None:
        self.sheets.subheading(file["name"], room=40)
        size = f"{file['size']:,} bytes"
        told = f"{file['media_type']}, {size}, by {file['by']}, {in_utc(file['at'])}"
        self.sheets.text(told, size=8, indent=12)
        self.sheets.text(f"SHA-256 {file['sha256']}", size=8, indent=12)

    def _audited(self, entry: Record) -> None:
        number = f"{entry['sequence']}" if entry["sequence"] else "not sealed"
        told = [number, in_utc(entry["recorded_at"]), entry["action"], entry["actor"]]
        self.sheets.gap(3)
        self.sheets.text(" · ".join(told), size=8)
        if entry["hash"]:
            self.sheets.text(entry["hash"], size=7.5, indent=12, grey=True)


def _versions(decided: Record) -> str:
    model = decided["model_version"]
    parts = [
        f"ruleset {decided['ruleset']}",
        f"feature catalogue {decided['catalogue_version']}",
        f"model {model}" if model else "no model",
    ]
    if decided["degraded"]:
        parts.append(f"without {' and '.join(decided['degraded'])}")
    return ", ".join(parts)


def _pairs(values: Mapping[str, Any]) -> str:
    def plain(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    told = "; ".join(f"{name.replace('_', ' ')} {plain(value)}" for name, value in values.items())
    return told or "none"


def in_utc(at: str | None) -> str:
    """ "2026-01-02 12:00:00 UTC"."""
    return f"{at[:10]} {at[11:19]} UTC" if at else "–"


def _money(amount: str, currency: str) -> str:
    whole, point, rest = amount.partition(".")
    return f"{currency} {int(whole):,}{point}{rest}"
