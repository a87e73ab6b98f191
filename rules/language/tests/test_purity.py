"""The language stands alone: no framework, and no Polars until somebody asks for it."""

import subprocess
import sys


def test_it_imports_no_framework_and_no_polars() -> None:
    code = (
        "import sys, rules.language;"
        "print({m.split('.')[0] for m in sys.modules} & {'django', 'celery', 'redis', 'polars'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"
