from scoring.tests.conftest import bank, rule_book, stranger  # noqa: F401
