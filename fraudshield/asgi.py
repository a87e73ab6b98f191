"""ASGI entry point, for the rooms that push (live feed); the hot path is served over WSGI."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fraudshield.settings")
application = get_asgi_application()
