"""One run of the demo, as a person starts it."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from scripts.lab.processes import ROOT


def run_demo(folder: Path, port: int, subnet: int, *options: str) -> dict[str, Any]:
    """Run the demo to its end and return its report.

    `pressed_s` is added: the seconds in which something on this machine waited for a processor.
    """
    arguments = ["--once", "--json", "--port", str(port), "--subnet", str(subnet), *options]
    before = _pressed()
    demo = subprocess.run(
        [sys.executable, "-m", "scripts.lab", *arguments, "--folder", str(folder / "demo")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert demo.returncode == 0, demo.stderr[-4000:]
    report: dict[str, Any] = json.loads(demo.stdout.splitlines()[-1])
    return report | {"pressed_s": _pressed() - before}


def _pressed() -> float:
    """Return such seconds so far, 0 where nobody counts them (Linux, accounting/psi.rst)."""
    try:
        counted = Path("/proc/pressure/cpu").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(counted.splitlines()[0].rpartition("total=")[2]) / 1e6


def in_order(statuses: list[str], *steps: str) -> bool:
    """Tell whether a unit went through these steps, whatever it was in between."""
    rest = iter(statuses)
    return all(step in rest for step in steps)
