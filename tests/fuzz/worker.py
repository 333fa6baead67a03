"""A process that gives one target inputs for some time, guided by what of the code they reach.

Says each finding in a line of JSON. libFuzzer, which chooses the inputs, says the rest on stderr.
Usage: python -m tests.fuzz.worker TARGET FOLDER SECONDS SEED
"""

import json
from pathlib import Path
import sys
from typing import Final

import atheris

with atheris.instrument_imports(include=["custom_components.nvr_hotspare"]):
    from tests.fuzz.limits import Finding, harm, limited
    from tests.fuzz.targets import TARGETS

_LONGEST: Final = 16_384
"""Bytes of an input."""


def main(name: str, folder: Path, seconds: str, seed: str) -> None:
    """Begin with what the folder holds, and keep in it what reaches more."""
    target = next(it for it in TARGETS if it.name == name)
    for number, data in enumerate(target.seeds):
        (folder / f"seed-{number}").write_bytes(data)
    known = set[str]()

    def run(data: bytes) -> None:
        found = harm(target, data)
        if found is not None and found.harm not in known:
            known.add(found.harm)
            _tell(found)

    options = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={_LONGEST}", "-timeout=60"]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", str(folder)], run)
    with limited():
        atheris.Fuzz()


def _tell(found: Finding) -> None:
    sys.stdout.write(json.dumps(found.told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
