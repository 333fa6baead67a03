"""Looks for inputs that do harm: a target after the other, each for as long."""

import argparse
import base64
import json
from pathlib import Path
import re
import subprocess
import sys
import tempfile
import time
from typing import Any, Final

from tests.fuzz.limits import harm, limited
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

_ROOT: Final = Path(__file__).parents[2]
_RUNS: Final = re.compile(r"stat::number_of_executed_units: (\d+)")
_TAIL: Final = 2000
"""Characters of what a process said before it died."""


def main() -> int:
    """Run as the arguments have it; 1 where something was found."""
    asked = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    asked.add_argument("--minutes", type=float, default=10.0, help="for all targets together")
    asked.add_argument("--seed", type=int, default=1, help="the same seed, the same choices")
    asked.add_argument("--target", help="this one alone")
    asked.add_argument("--input", help="give it this input alone, in Base64")
    asked.add_argument("--json", action="store_true", help="one line of JSON")
    told = asked.parse_args()
    targets = [it for it in TARGETS if told.target in {None, it.name}]
    if not targets or (told.input and not told.target):
        asked.error("--target is one of: " + ", ".join(it.name for it in TARGETS))
    if told.input:
        result = _again(targets[0], base64.b64decode(told.input))
    else:
        result = _look(targets, told.minutes * 60, told.seed)
    if told.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name, value in result.items():
            sys.stdout.write(f"{name}: {json.dumps(value, indent=2)}\n")
    return 1 if result["findings"] else 0


def _again(target: Target, data: bytes) -> dict[str, Any]:
    with limited():
        found = harm(target, data)
    return {"targets": 1, "inputs": 1, "findings": [found.told] if found else []}


def _look(targets: list[Target], seconds: float, seed: int) -> dict[str, Any]:
    began = time.monotonic()
    inputs = dict[str, int]()
    findings = list[dict[str, str]]()
    for target in targets:
        inputs[target.name], found = _look_at(target, max(1, int(seconds / len(targets))), seed)
        findings += found
    return {
        "targets": len(targets),
        "seconds": round(time.monotonic() - began),
        "inputs": sum(inputs.values()),
        "fewest_inputs": min(inputs.values()),
        "findings": findings,
    }


def _look_at(target: Target, seconds: int, seed: int) -> tuple[int, list[dict[str, str]]]:
    """Return how many inputs a target was given, and which did harm."""
    command = [sys.executable, "-m", "tests.fuzz.worker", target.name]
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            [*command, folder, str(seconds), str(seed)],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    findings = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    if ended.returncode:
        died = f"The process died: {ended.stderr[-_TAIL:]}"
        findings.append({"target": target.name, "harm": died, "input": ""})
    runs = _RUNS.search(ended.stderr)
    return int(runs[1]) if runs else 0, findings


if __name__ == "__main__":
    sys.exit(main())
