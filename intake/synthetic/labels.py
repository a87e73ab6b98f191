"""What becomes known of a transaction afterwards, and what it truly was.

`is_fraud` and `label_known_at` are what the client knows on the world's last day: a fraud once it
is reported, and everything else as genuine when two weeks went by without a complaint.
`true_fraud`, `true_typology` and `true_story` are for judging only: nobody knows them in life.
"""

from typing import Any, Final

from intake.synthetic.acts import Act
from intake.synthetic.clock import utc_text
from intake.synthetic.settings import DAY, Settings

QUIET_DAYS: Final = 14
COLUMNS: Final = ("is_fraud", "label_known_at", "true_fraud", "true_typology", "true_story")


def truth_columns(act: Act, settings: Settings) -> dict[str, Any]:
    """The label side of a row; what is not known is left out."""
    story = act.story
    known_at = act.at + QUIET_DAYS * DAY
    is_fraud = False
    if story is not None and story.reported and act.at + story.delay_days * DAY < settings.end:
        known_at, is_fraud = act.at + story.delay_days * DAY, True
    columns: dict[str, Any] = {}
    if known_at < settings.end:
        columns = {"is_fraud": is_fraud, "label_known_at": utc_text(known_at)}
    columns["true_fraud"] = story is not None
    if story is not None:
        columns["true_typology"] = story.typology
        columns["true_story"] = f"{story.typology}-{story.number:05d}"
    return columns
