"""Reasons of a case: each rule once, what outranks the score first. Pure."""

from cases.alerts.why import Listing, listings_of, reasons_of


def hit(code, worth, effect="score", reason="because"):
    return {
        "code": code,
        "worth": worth,
        "effect": effect,
        "reason": reason,
        "severity": "high",
        "weight": 1.0,
        "confidence": 0.8,
    }


def test_effects_come_first_then_what_is_worth_most():
    decisions = [[hit("a", 0.2), hit("b", 0.6), hit("c", 0.1, "decline")]]
    assert [reason.code for reason in reasons_of(decisions)] == ["c", "b", "a"]


def test_a_rule_of_several_alerts_stands_once_in_its_strongest_words():
    decisions = [[hit("a", 0.2, reason="3 payments")], [hit("a", 0.5, reason="9 payments")]]
    [reason] = reasons_of(decisions)
    assert (reason.text, reason.worth, reason.times) == ("9 payments", 50, 2)


def test_without_hits_there_are_no_reasons():
    assert reasons_of([[], []]) == []


def test_entries_of_lists_are_counted_and_those_with_an_effect_come_first():
    inputs = [
        {"listed": [["email", "watched", ""], ["device_id", "blocked", "decline"]]},
        {"listed": [["email", "watched", ""]]},
        {},
    ]
    assert listings_of(inputs) == [
        Listing("device_id", "blocked", "decline", 1),
        Listing("email", "watched", "", 2),
    ]
