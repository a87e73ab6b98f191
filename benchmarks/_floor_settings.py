"""The product's settings with one address more: the floor that the door is measured against."""

from fraudshield.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks._floor"
