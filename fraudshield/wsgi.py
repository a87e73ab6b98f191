"""WSGI entry point; the server is granian."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fraudshield.settings")
application = get_wsgi_application()

# All that a request needs is imported before the first one comes. What is in memory then stays for
# good, so the garbage collector need not look at it: a full collection over it takes 70 ms, and
# some request would wait for that.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 50)  # a request makes thousands of objects and next to no cycles
