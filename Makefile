# FraudShield. This file only finds a Python; the work is done in fraudshield/launcher.

ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
endif

LAUNCH = @command -v "$(PYTHON)" >/dev/null || { echo "FraudShield: no Python 3.11 or newer found \
	as '$(PYTHON)'; install one, or name it: PYTHON=/path/to/python3.11 make $@" >&2; exit 1; }; \
	exec "$(PYTHON)" fraudshield/launcher/bootstrap.py $@

.DEFAULT_GOAL := help
.PHONY: help run test check bench clean

help:
	@echo "make run     start everything on PORT (8000), data under STATE_DIR (.state); Ctrl-C stops it"
	@echo "make test    run the test suite; ARGS=\"-k outbox\" goes to pytest"
	@echo "make check   lint, types, rooms, migrations, settings, API schema"
	@echo "make bench   measure; ONLY=rules_us for one figure"
	@echo "make clean   remove .venv, the caches and STATE_DIR with all data in it"
	@echo "Needs Python 3.11 or newer; PYTHON=... chooses which. Addresses and keys: see .env.example"

run test check bench clean:
	$(LAUNCH)
