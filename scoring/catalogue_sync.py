"""Tells the database where each feature stands in a stored vector."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from features.catalogue import CATALOGUE
from features.layouts import FOLDER, layout
from features.vector import RETIRED
from scoring.models import StoredFeature


@receiver(post_migrate, sender=apps.get_app_config("scoring"), dispatch_uid="scoring.catalogue")
def sync_stored_features(**_: Any) -> None:
    """Replace the table's rows by what the layouts on file say, of every version."""
    with transaction.atomic():
        StoredFeature.objects.all().delete()
        StoredFeature.objects.bulk_create(_rows())


def _rows() -> Iterator[StoredFeature]:
    for path in sorted(FOLDER.glob("*.json")):
        used = layout(int(path.stem))
        for is_number, positions in ((True, used.numbers), (False, used.texts)):
            for place, index in enumerate(positions, start=1):
                name = used.names[index]
                feature = CATALOGUE.get(name)
                for category in feature.categories if feature else (RETIRED,):
                    yield StoredFeature(
                        catalogue_version=used.version,
                        name=name,
                        category=category,
                        type=used.types[index],
                        is_number=is_number,
                        position=place,
                    )
