"""A profile changes after every decision: room in its page spares the table's index each time."""

from django.db import migrations

LEAVE_ROOM = "ALTER TABLE scoring_customerprofile SET (fillfactor = 70)"
FILL = "ALTER TABLE scoring_customerprofile RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("scoring", "0003_features_as_json")]

    operations = [migrations.RunSQL(LEAVE_ROOM, FILL)]
