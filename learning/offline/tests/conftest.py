from scoring.tests.conftest import bank, rule_book

__all__ = ["bank", "rule_book"]
