"""The cameras of a benchmark: one process, Digest, audio, and a log of when each is played."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import secrets

from scripts.lab.processes import Program

FIRST_ADDRESS = "127.0.30.1"
_PLAYED = re.compile(r"^(\d+\.\d+) Camera (\d+) is played$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Site:
    """Running cameras.

    Attributes:
        uris: The stream of each camera, by number.
        account: User name and password of them all.
        site_file: All that a contender needs, in a file of mode 0600.
    """

    uris: dict[int, str]
    account: tuple[str, str]
    site_file: Path
    log: Path

    def played(self) -> dict[int, int]:
        """Return when each camera was last told to play: nanoseconds since 1970 UTC."""
        return {
            int(number): int(float(seconds) * 1_000_000_000)
            for seconds, number in _PLAYED.findall(self.log.read_text())
        }


@asynccontextmanager
async def cameras(count: int, folder: Path) -> AsyncIterator[Site]:
    """Run that many cameras while the context is entered."""
    username, password = "benchmark", secrets.token_urlsafe(12)
    credentials, log = folder / "credentials.json", folder / "cameras.log"
    _write_private(credentials, {"username": username, "password": password})
    arguments = (
        "-m",
        "virtual_nvr",
        "cameras",
        "--count",
        str(count),
        "--port",
        "0",
        "--log-plays",
        "--audio",
        "aac",
    )
    program = Program(
        "cameras",
        (*arguments, "--first-address", FIRST_ADDRESS, "--credentials", str(credentials)),
        log,
    )
    try:
        ready = await program.start_and_wait()
        uris = {camera["number"]: camera["uri"] for camera in ready["cameras"]}
        site_file = folder / "site.json"
        _write_private(site_file, {"uris": uris, "username": username, "password": password})
        yield Site(uris, (username, password), site_file, log)
    finally:
        await program.stop()


def _write_private(path: Path, content: object) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        json.dump(content, file)
