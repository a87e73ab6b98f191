from cases.tests.conftest import analyst  # noqa: F401
from scoring.tests.conftest import bank, rule_book, stranger  # noqa: F401
