"""All features, one module a category, in the order in which vectors are stored.

Whoever changes names, types or order raises ``VERSION`` and runs ``python -m features.layouts``,
which writes the layout of the new version beside those of the older ones.
"""

from features.catalogue import (
    ato,
    behavioral,
    derived,
    funding,
    identity,
    merchant,
    ml,
    network,
    transaction,
)
from features.framework import Catalogue

VERSION = 1

CATALOGUE = Catalogue(
    (
        *identity.FEATURES,
        *behavioral.FEATURES,
        *transaction.FEATURES,
        *network.FEATURES,
        *ato.FEATURES,
        *funding.FEATURES,
        *merchant.FEATURES,
        *ml.FEATURES,
        *derived.FEATURES,
    ),
    version=VERSION,
)

compute_vector = CATALOGUE.compute_vector
