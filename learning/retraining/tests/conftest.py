from transactions.tests.conftest import institution  # noqa: F401
