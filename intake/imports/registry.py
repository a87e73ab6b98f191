"""The formats by name."""

from collections.abc import Mapping
from typing import Final

from intake.imports.formats import ImportFormat
from intake.imports.handbook import Handbook
from intake.imports.native import NativeRows
from intake.imports.paysim import PaySim

FORMATS: Final[Mapping[str, ImportFormat]] = {
    entry.name: entry for entry in (Handbook(), PaySim(), NativeRows())
}
