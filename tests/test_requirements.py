"""What runs in production is installed by requirements.txt alone, not by the tools for tests."""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOAD = """
import json, sys

class Absent:
    blocked = set(json.loads(sys.argv[1]))
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import fraudshield.wsgi, fraudshield.celery, kombu.transport.redis
import celery.apps.worker, celery.apps.beat, celery.bin.celery, granian.cli, polars
import fraudshield.launcher.run, intake.imports, rules.language
from django.core.management import get_commands, load_command_class
for name, app in get_commands().items():
    load_command_class(app, name) if isinstance(app, str) else None
print("all there")
"""


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement).group()).lower()


def with_all_they_ask_for(names: set[str]) -> set[str]:
    known: set[str] = set()
    while names:
        name = names.pop()
        known.add(name)
        try:
            wanted = requires(name) or []
        except PackageNotFoundError:  # for another platform
            continue
        names |= {name_of(line) for line in wanted if "extra ==" not in line} - known
    return known


def test_the_application_loads_without_what_only_tests_need():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    production = with_all_they_ask_for(
        {name_of(line) for line in lines if line and not line.startswith("#")}
    )
    absent = [
        module
        for module, distributions in packages_distributions().items()
        if not {name_of(d) for d in distributions} & {*production, "pip", "setuptools"}
    ]
    assert "pytest" in absent
    done = subprocess.run(
        [sys.executable, "-c", LOAD, json.dumps(absent)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.endswith("all there\n"), done.stderr
