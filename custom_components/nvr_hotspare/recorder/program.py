"""The program that every process of the engine runs. It lies above this layer, and is a file."""

import json
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent.parent
MAIN: Final = _PACKAGE / "engine" / "__main__.py"


def version() -> str:
    """Return the version of the package."""
    manifest = json.loads((_PACKAGE / "manifest.json").read_text(encoding="utf-8"))
    return str(manifest["version"])
