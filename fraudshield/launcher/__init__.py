"""Starts everything on one machine: servers, migrations, web, worker, scheduler; and runs tests.

`bootstrap.py` runs first, under the Python that the Makefile found, and needs nothing but the
standard library. The rest runs in the virtual environment which it made.
"""
