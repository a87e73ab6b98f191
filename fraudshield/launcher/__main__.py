"""`python -m fraudshield.launcher run|test|check|bench`, inside the virtual environment."""

import sys

from fraudshield.launcher.errors import LauncherError, StopRequested


def main(arguments: list[str]) -> int:
    command = arguments[0] if arguments else ""
    # Each command loads only what it needs: a start is not to wait for the test tools.
    if command == "run":
        from fraudshield.launcher.run import run

        run()
        return 0
    if command == "test":
        from fraudshield.launcher.suite import run_tests

        return run_tests()
    if command == "check":
        from fraudshield.launcher.check import run_checks

        return run_checks()
    if command == "bench":
        from fraudshield.launcher.suite import run_benchmarks

        return run_benchmarks()
    raise LauncherError(f"choose one of run, test, check and bench, not {command!r}.")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LauncherError as error:
        sys.exit(f"FraudShield: {error}")
    except (KeyboardInterrupt, StopRequested):
        sys.exit(130)
