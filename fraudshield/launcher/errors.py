"""What the launcher says when it cannot go on."""


class LauncherError(Exception):
    """One sentence for whoever typed the command: what is wrong and what to do about it."""


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or the end of `make`: not an error, everything is to stop now."""
