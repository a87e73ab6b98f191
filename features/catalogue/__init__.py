"""All features, a module or two for each category, in the order in which vectors are stored.

Whoever changes names, types or order raises ``VERSION`` and runs ``python -m features.layouts``,
which writes the layout of the new version beside those of the older ones.
"""

from features.catalogue import (
    ato,
    behavioral,
    card,
    derived,
    device,
    funding,
    identity,
    merchant,
    ml,
    network,
    pace,
    risk,
    transaction,
)
from features.framework import Catalogue

VERSION = 5

CATALOGUE = Catalogue(
    (
        *identity.FEATURES,
        *behavioral.FEATURES,
        *pace.FEATURES,
        *transaction.FEATURES,
        *card.FEATURES,
        *network.FEATURES,
        *device.FEATURES,
        *ato.FEATURES,
        *funding.FEATURES,
        *merchant.FEATURES,
        *risk.FEATURES,
        *ml.FEATURES,
        *derived.FEATURES,
    ),
    version=VERSION,
)

compute_vector = CATALOGUE.compute_vector
