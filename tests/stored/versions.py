"""What versions have left on disks, made by `integration/make_stored`, and a copy for a test."""

import json
from pathlib import Path
from typing import Any

STORED = Path(__file__).parent
HOME = "/stored"
"""Stands in the files for the folder in which everything was."""
VERSIONS = sorted(path.parent.name for path in STORED.glob("*/entities.json"))


def bring_back(version: str, home: Path) -> None:
    """Put what a version has left into a folder."""
    for path in (STORED / version).rglob("*"):
        if path.is_file():
            copy = home / path.relative_to(STORED / version)
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes().replace(HOME.encode(), str(home).encode()))
            copy.chmod(0o600)


def read(path: Path) -> Any:
    """Return what a file of JSON holds."""
    return json.loads(path.read_text())
