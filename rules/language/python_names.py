"""The names in generated code, and what stands behind them.

Nothing of an author's text enters the source: features are ``v<position>``, amounts ``m<slot>``,
strings, lists and functions ``K<number>`` in a table of constants; numbers are written by `repr` of
a float.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from features.types import Type
from rules.language.scope import MoneyParameter
from rules.language.terms import FeatureTerm

_NUMERIC = (Type.NUMBER, Type.MONEY, Type.TIMESTAMP)


@dataclass
class Names:
    """Gives names while code is written.

    ``positions`` maps a feature to its place among the values. ``money`` (amounts and their slots)
    and ``constants`` are shared by all functions of a ruleset, the rest belongs to one function.
    """

    positions: Mapping[str, int]
    money: dict[MoneyParameter, int] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    _constant_names: dict[object, str] = field(default_factory=dict)
    _loads: dict[int, bool] = field(default_factory=dict)
    _slots: set[int] = field(default_factory=set)
    _temporaries: int = 0

    def start_function(self) -> None:
        """Forgets what the function before has loaded."""
        self._loads, self._slots = {}, set()

    def start_rule(self) -> None:
        """Lets temporaries be used again."""
        self._temporaries = 0

    def feature(self, term: FeatureTerm) -> str:
        """The local that holds the feature's value."""
        position = self.positions[term.name]
        self._loads[position] = term.type in _NUMERIC
        return f"v{position}"

    def amount(self, parameter: MoneyParameter) -> str:
        """The local that holds the amount in the transaction's currency."""
        slot = self.money.setdefault(parameter, len(self.money))
        self._slots.add(slot)
        return f"m{slot}"

    def literal(self, value: object) -> str:
        """A number or truth value in place, anything else as a constant."""
        if isinstance(value, bool):
            return repr(value)
        if isinstance(value, int | float):
            text = repr(float(value))
            return f"({text})" if text.startswith("-") else text
        return self.constant(tuple(value) if isinstance(value, list) else value)

    def constant(self, value: object, key: object = None) -> str:
        """The name of a constant; those that are equal (or have the same key) share one."""
        marked = (type(value).__name__, value if key is None else key)
        name = self._constant_names.setdefault(marked, f"K{len(self._constant_names)}")
        self.constants.setdefault(name, value)
        return name

    def temporary(self) -> str:
        """A new local of this rule."""
        self._temporaries += 1
        return f"t{self._temporaries}"

    def load_lines(self) -> list[str]:
        """Reads every feature and amount that the function uses into its local, once.

        A number that is not finite is missing. Should a value not be of its feature's type, the
        slow way loads it as it is, and only the rules that use it will raise.
        """
        lines = [f"    m{slot} = money[{slot}]" for slot in sorted(self._slots)]
        if not self._loads:
            return lines
        lines.append("    try:")
        for position, numeric in self._loads.items():
            name = f"v{position}"
            lines.append(f"        {name} = values[{position}]")
            if numeric:
                test = f"{name} is None or {name} - {name} == 0.0"
                lines.append(f"        {name} = {name} if {test} else None")
        targets = "".join(f"v{position}, " for position in self._loads)
        positions = "".join(f"{position}, " for position in self._loads)
        return [
            *lines,
            "    except Exception:",
            f"        {targets}= load_slowly(values, ({positions}))",
        ]
