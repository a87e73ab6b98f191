"""`python -m benchmarks [FIGURE ...]`: all figures, or the named ones."""

import contextlib
import importlib
import json
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import benchmarks
from fraudshield.launcher.errors import LauncherError
from fraudshield.launcher.servers import Servers
from fraudshield.launcher.state import new_secrets


def modules() -> list[ModuleType]:
    """The modules that state figures; a name with a leading underscore is a helper."""
    names = sorted(entry.name for entry in pkgutil.iter_modules(benchmarks.__path__))
    found = [importlib.import_module(f"benchmarks.{name}") for name in names if name[0] != "_"]
    return [module for module in found if hasattr(module, "FIGURES")]


@contextlib.contextmanager
def servers() -> Iterator[None]:
    """Durable servers, as in production: figures without fsync would flatter."""
    with tempfile.TemporaryDirectory(prefix="fraudshield-bench-") as directory:
        private = Servers(Path(directory))
        try:
            private.start_database()
            private.start_redis()
            made = new_secrets()
            os.environ.update(private.environment())
            os.environ["STATE_DIR"] = directory
            os.environ.setdefault("SECRET_KEY", made.secret_key)
            os.environ.setdefault("FRAUDSHIELD_KEYS", made.fraudshield_keys)
            os.environ.setdefault("DEMO", "1")
            os.environ.setdefault("LOG_LEVEL", "WARNING")
            os.environ["DJANGO_SETTINGS_MODULE"] = "fraudshield.settings"
            yield
        finally:
            private.stop()


def main(names: list[str]) -> None:
    chosen = [(module, set(module.FIGURES)) for module in modules()]
    known = set().union(*(figures for _, figures in chosen))
    if unknown := set(names) - known:
        sys.exit(f"No figure {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}.")
    if names:
        chosen = [(module, figures & set(names)) for module, figures in chosen]
    chosen = [(module, figures) for module, figures in chosen if figures]
    with contextlib.ExitStack() as stack:
        if any(getattr(module, "NEEDS_SERVERS", False) for module, _ in chosen):
            stack.enter_context(servers())
        for module, figures in chosen:
            for line in module.run(figures):
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LauncherError as error:
        sys.exit(f"FraudShield: {error}")
