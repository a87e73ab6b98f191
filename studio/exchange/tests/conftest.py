from studio.changes.tests.conftest import book, ravi, rita, sue

__all__ = ["book", "ravi", "rita", "sue"]
