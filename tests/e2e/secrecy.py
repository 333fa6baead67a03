"""Looks for passwords wherever they have no business to be, after a run and during one."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
import json
from pathlib import Path
from typing import Any

from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.site import USERNAME

ENTRIES = "core.config_entries"
"""The file of Home Assistant's own in which passwords are kept."""
_ACCOUNTS = ("admin", USERNAME)
_LISTS = (
    "get_states",
    "config_entries/get",
    "config/device_registry/list",
    "config/entity_registry/list",
    "repairs/list_issues",
)


def passwords_of(site: Path) -> list[str]:
    """Return the passwords of a site's cameras and recorders."""
    files = [site / "cameras.json", *site.glob("*/nvr.json")]
    return [json.loads(file.read_text())["password"] for file in files]


def files_that_tell(folder: Path, passwords: Iterable[str]) -> set[str]:
    """Return the names of all files of a folder that hold one: logs and databases among them."""
    forms = list(_forms(passwords))
    files = (it for it in folder.rglob("*") if it.is_file() and not it.is_symlink())
    return {it.name for it in files if _holds(it.read_bytes(), forms)}


async def answers_that_tell(home: HomeAssistant, passwords: Iterable[str]) -> set[str]:
    """Return which of Home Assistant's answers about everything hold one."""
    forms = list(_forms(passwords))
    told: dict[str, Any] = {kind: await home.call(kind) for kind in _LISTS}
    for entry in told["config_entries/get"]:
        path = f"/api/diagnostics/config_entry/{entry['entry_id']}"
        if entry["domain"] == "nvr_hotspare":
            told[path] = await home.request("GET", path)
            units = "config_entries/subentries/list"
            told[units] = await home.call(units, entry_id=entry["entry_id"])
    return {kind for kind, answer in told.items() if _holds(json.dumps(answer).encode(), forms)}


def processes_that_tell(passwords: Iterable[str]) -> set[str]:
    """Return the command lines of this machine that hold one."""
    forms = list(_forms(passwords))
    return {line.decode(errors="replace") for line in command_lines() if _holds(line, forms)}


def command_lines() -> Iterator[bytes]:
    """Yield those of all processes of this machine."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield (process / "cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:  # it has ended
            continue


def _forms(passwords: Iterable[str]) -> Iterator[bytes]:
    """Yield passwords as they are, and as HTTP sends them that hides nothing."""
    for password in passwords:
        yield password.encode()
        for account in _ACCOUNTS:
            yield b64encode(f"{account}:{password}".encode()).rstrip(b"=")[:-1]


def _holds(data: bytes, forms: Iterable[bytes]) -> bool:
    return any(form in data for form in forms)
