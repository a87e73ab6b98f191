"""Entries of a case's timeline in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from cases.models import Case, CaseEntry
from cases.typologies import in_words
from foundation.admin_display import exact_time

Kind = CaseEntry.Kind


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the timeline in words."""

    entry: CaseEntry
    words: str
    link: str = ""  # of what it is about
    name: str = ""


def tell(entry: CaseEntry, names: Mapping[str, str] | None = None) -> Told:
    """`names` are the clients' ids by transaction, where they are known."""
    said = entry.facts
    if entry.kind == Kind.ALERTED:
        words = f"alert, score {said.get('score', '?')}, on"
        name = (names or {}).get(said.get("transaction", ""), "a transaction")
        return Told(entry, words, _decision(said.get("transaction")), name)
    if entry.kind == Kind.OUTCOME:
        done = "released" if said.get("status") == "approved" else "declined"
        if said.get("is_fraud") is not None:
            kind = f" ({in_words(said['typology'])})" if said.get("typology") else ""
            done += f" as fraud{kind}" if said["is_fraud"] else " as genuine"
        link = _decision(said.get("transaction"))
        return Told(entry, done, link, str(said.get("name", "a transaction")))
    if entry.kind == Kind.LISTED:
        return _listed(entry)
    if entry.kind == Kind.ATTACHED:
        link = reverse("admin:cases_case_file", args=[entry.case_id, said["attachment"]])
        return Told(entry, "attached", link, str(said.get("name", "a file")))
    sentence = _SENTENCES.get(entry.kind)
    words = sentence(said) if sentence is not None else ""
    return Told(entry, words or str(entry.get_kind_display()))


def verdict(said: Mapping[str, Any]) -> str:
    """ "confirmed fraud, SIM swap" """
    found = str(Case.Disposition(said["disposition"]).label)
    return f"{found}, {in_words(said['typology'])}" if said.get("typology") else found


def _listed(entry: CaseEntry) -> Told:
    said = entry.facts
    does = {"decline": "blocked", "allow": "allowed", "review": "put under review"}
    done = does.get(str(said.get("effect")), "listed")
    until = said.get("until")
    end = f", until {exact_time(datetime.fromisoformat(until))}" if until else ", for good"
    what = str(said.get("feature", "identifier")).replace("_", " ")
    words = f"{done} {what} {said.get('value', '')}{end}, on the list"
    link = reverse("admin:intelligence_list_change", args=[said.get("list", "")])
    return Told(entry, words, link, str(said.get("title", said.get("list", ""))))


def _decision(number: object) -> str:
    return reverse("admin:scoring_decision_change", args=[number]) if number else ""


def _undone(said: Mapping[str, Any]) -> str:
    whose = f" of {said['by']}" if said.get("by") else ""
    why = f". {said['why']}" if said.get("why") else ""
    return f"verdict{whose} taken back: {verdict(said)}{why}"


def _snoozed(said: Mapping[str, Any]) -> str:
    if "until" not in said:
        return ""
    return f"snoozed until {exact_time(datetime.fromisoformat(said['until']))}"


def _merged(said: Mapping[str, Any]) -> str:
    if "from" in said:
        return f"merged with case {said['from']}, whose alerts came here"
    return f"merged into case {said['into']}" if "into" in said else ""


def _released(said: Mapping[str, Any]) -> str:
    if "gone" in said:
        return f"released: {said['gone']} may not work on it any more"
    if "idle_minutes" in said:
        return f"released: left alone for {said['idle_minutes']} minutes"
    return ""


_SENTENCES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    Kind.DECIDED: lambda said: f"decided: {verdict(said)}",
    Kind.UNDONE: _undone,
    Kind.RELEASED: _released,
    Kind.ASSIGNED: lambda said: f"handed to {said['name']}" if "name" in said else "",
    Kind.STATUS: lambda said: str(Case.Status(said["status"]).label) if "status" in said else "",
    Kind.SNOOZED: _snoozed,
    Kind.MERGED: _merged,
    Kind.PROPOSED: lambda said: f"decided: {verdict(said)}; a second person has to agree",
    Kind.ASKED: lambda said: "asked the client, and waits",
}
