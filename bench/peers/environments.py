"""Virtual environments of the peers, one each, with the pinned packages of `NAME.txt` beside this.

A finished one is remembered by what was wanted, so that the next run finds it ready.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NICENESS = 10
TOLD = 600


class NotInstallableError(RuntimeError):
    """A peer cannot be installed here; the message says what pip said."""


def programs(peer: str, folder: Path) -> Path:
    """Return the folder of a peer's programs; its environment is made where it is missing."""
    place = folder / peer
    wanted = _wanted(peer)
    stamp = place / ".ready"
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        sys.stderr.write(f"Setting up {place} (once) ...\n")
        _said(sys.executable, "-m", "venv", "--clear", str(place))
        pip = (str(place / "bin" / "python"), "-m", "pip", "install", "--quiet")
        requirements = str(HERE / f"{peer}.txt")
        _said(*pip, "--disable-pip-version-check", "--requirement", requirements)
        stamp.write_text(wanted, encoding="utf-8")
    return place / "bin"


def version(peer: str) -> str:
    """Return the pinned version of a peer itself."""
    lines = (HERE / f"{peer}.txt").read_text("utf-8").splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{peer}=="))


def _wanted(peer: str) -> str:
    pinned = (HERE / f"{peer}.txt").read_bytes()
    return f"{sys.version_info[:2]} {hashlib.sha256(pinned).hexdigest()}"


def _said(*command: str) -> None:
    """Run a step of setting up, without taking the machine from others."""
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        text=True,
        preexec_fn=lambda: os.nice(NICENESS),  # no thread runs yet
    )
    if done.returncode:
        raise NotInstallableError(done.stderr.strip()[-TOLD:])
