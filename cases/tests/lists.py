"""The built-in lists with one domain for the library's ten thousand, which take seconds to load."""

from unittest.mock import patch

from intelligence.lists import builtin

SHORT = builtin.Shipped("domain", "mailinator.com", "A provider of throw-away mailboxes.")


def load_short_lists() -> None:
    def short(spec: builtin.BuiltinList) -> list[builtin.Shipped]:
        return [SHORT] if spec.name == builtin.DISPOSABLE else []

    with patch.object(builtin, "_from_libraries", short):
        builtin.load_builtin(actor="tests", demo=False)
