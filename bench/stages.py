"""A command of ours in a process of its own: CPU seconds, and rows scanned, by stage.

    taken(["sync"], folder)               CPU seconds by stage, in the folder of a config.toml
    taken(["sync"], folder, scans=True)   rows that DuckDB scanned by stage; its seconds are no use

What a stage is stands in `bench.spans`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.spans import IMPORTS, REST, STAGES
from bench.timing import ROOT

ORDER = (IMPORTS, *STAGES, REST)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a command took. `stages` are CPU seconds and add up to `cpu_s`; `rows` were scanned."""

    code: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    stages: dict[str, float]
    rows: dict[str, int]
    output: str


class _Told(msgspec.Struct):
    cpu_s: dict[str, float]
    rows: dict[str, int]
    peak_mb: float


def taken(
    arguments: Sequence[str],
    folder: Path,
    *,
    scans: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Taken:
    """Run `connector` with these arguments in a folder; its errors are shown when it fails."""
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / "spans.json"
        command = [sys.executable, "-m", "bench.spans", str(out), "scans" if scans else "-"]
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        started = time.perf_counter()
        errors = Path(scratch) / "errors.txt"
        with (
            errors.open("wb") as complaints,
            subprocess.Popen(
                [*command, *arguments],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env={**os.environ, **(environ or {}), "PYTHONPATH": paths},
                text=True,
            ) as child,
        ):
            assert child.stdout is not None
            output = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.stderr.write(errors.read_text("utf-8", "replace"))
        told = msgspec.json.decode(out.read_bytes(), type=_Told)
    cpu_s = usage.ru_utime + usage.ru_stime
    stages = {name: told.cpu_s.get(name, 0.0) for name in ORDER}
    stages[REST] += cpu_s - sum(stages.values())
    return Taken(
        code=child.returncode,
        wall_s=time.perf_counter() - started,
        cpu_s=cpu_s,
        peak_mb=told.peak_mb,
        stages=stages,
        rows=told.rows,
        output=output,
    )
