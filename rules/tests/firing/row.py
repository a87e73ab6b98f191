"""What the tables are written with."""

from typing import Any

# A rule's code, the supplied fields, and its points; None: it stays silent. `listed` holds pairs of
# feature and list that match, `vertical` is payments unless given.
Row = tuple[str, dict[str, Any], Any]

SATURDAY, SUNDAY, MONDAY = 1_767_434_400.0, 1_767_520_800.0, 1_767_607_200.0  # 10:00 UTC
DAY = 86_400.0
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
