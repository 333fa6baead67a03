"""Starts the engine in the add-on, with the options that people have chosen."""

import json
import os
from pathlib import Path
import sys

ENGINE = "/opt/custom_components/nvr_hotspare/engine/__main__.py"
FOOTAGE = "/media/nvr-hotspare"


def config(options: dict[str, int], footage: str, data: str) -> str:
    """Return the engine's file for these options."""
    return (
        f'folder = "{footage}"\n'
        f'state = "{data}/engine"\n'
        f"[limits]\ncameras = {options['cameras']:d}\nspace = {options['space']:d}\n"
    )


def main(data: str = "/data", footage: str = FOOTAGE) -> None:
    """Become the engine."""
    options = json.loads(Path(data, "options.json").read_text(encoding="utf-8"))
    Path(footage).mkdir(mode=0o700, parents=True, exist_ok=True)
    file = Path(data, "engine.toml")
    file.write_text(config(options, footage, data), encoding="utf-8")
    unpair = ["--unpair"] if options["unpair"] else []
    command = [sys.executable, "-I", ENGINE, "--config", str(file), *unpair]
    os.execv(sys.executable, command)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main()
