"""Finds a Chromium for the browser tests, and installs one where that is simple."""

import os
import shutil
import subprocess
from pathlib import Path

from fraudshield.launcher.terminal import say

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_DOWNLOADED = ".cache/ms-playwright/chromium-*/chrome-linux*/chrome"
_UPDATE_SECONDS, _INSTALL_SECONDS = 120, 300


def find_chromium() -> str | None:
    """The path of a Chromium: `CHROMIUM`, one on PATH, or one that Playwright downloaded."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    downloaded = sorted(Path.home().glob(_DOWNLOADED))
    return str(downloaded[-1]) if downloaded else None


def ensure_chromium() -> str | None:
    """Installs a Chromium if there is none and root can; returns why one is missing, or None."""
    if find_chromium():
        return None
    if os.environ.get("CHROMIUM"):
        return f"CHROMIUM={os.environ['CHROMIUM']} is no program"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return "no Chromium found; install one, or name one in CHROMIUM"
    return _install()


def _install() -> str | None:
    say("Installing Chromium for the browser tests ...")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"]
    steps = ((["apt-get", "-qq", "update"], _UPDATE_SECONDS), (install, _INSTALL_SECONDS))
    for command, seconds in steps:
        try:
            done = subprocess.run(  # noqa: S603
                command, check=False, capture_output=True, text=True, timeout=seconds, env=quiet
            )
        except subprocess.TimeoutExpired:
            return f"`{' '.join(command)}` took longer than {seconds} s"
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            return f"`{' '.join(command)}` failed: {reason}"
    return None if find_chromium() else "the package chromium installs no Chromium here"
