"""Every example in the language's own documentation is true."""

import doctest
import importlib
import pkgutil

import pytest

import rules.language

MODULES = [
    "rules.language",
    *(
        module.name
        for module in pkgutil.iter_modules(rules.language.__path__, "rules.language.")
        if not module.ispkg
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
