"""The file that says where an engine on a machine of its own keeps its things, in TOML.

folder = "/srv/nvr-hotspare"        # for footage: has to be there, a folder for each group
state = "/var/lib/nvr-hotspare"     # private: who it is, whom it stands in for, its orders
listen = "0.0.0.0:8585"             # unless the command says it
announce = true                     # by zeroconf, so that Home Assistant finds it

[limits]
cameras = 32                        # at the same time
space = 500                         # GB of footage
"""

from dataclasses import dataclass
from pathlib import Path
import re
import tomllib
from typing import Final

from ..recorder.messages import MAX_CHANNELS
from ..recorder.orders import ALL, Grants

PORT: Final = 8585
_LISTEN: Final = f"0.0.0.0:{PORT}"
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[^:\[\]]+)):(?P<port>\d{1,5})")
_KNOWN: Final[dict[str, dict[str, type]]] = {
    "": {"folder": str, "state": str, "listen": str, "announce": bool, "limits": dict},
    "limits": {"cameras": int, "space": int},
}
_GB: Final = 1_000_000_000


class ConfigError(Exception):
    """The file can't be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the file says."""

    folder: Path
    state: Path
    host: str
    port: int
    announce: bool = True
    grants: Grants = ALL


def read(path: Path, listen: str = "") -> Config:
    """Read the file; `listen` counts instead of what it says.

    Raises:
        ConfigError: It is not there, or not valid.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path} is no TOML: {error}") from None
    _check(data, "")
    limits = data.get("limits", {})
    _check(limits, "limits")
    if missing := {"folder", "state"} - data.keys():
        raise ConfigError(f"{path} does not say {' and '.join(sorted(missing))}")
    folder, state = Path(data["folder"]), Path(data["state"])
    if not folder.is_absolute() or not state.is_absolute():
        raise ConfigError("folder and state begin with /")
    if folder.is_relative_to(state) or state.is_relative_to(folder):
        raise ConfigError("Neither of folder and state lies in the other")
    host, port = _address(listen or data.get("listen", _LISTEN))
    cameras, space = limits.get("cameras", 0), limits.get("space", 0)
    if not 0 <= cameras <= MAX_CHANNELS:
        raise ConfigError(f"cameras is between 1 and {MAX_CHANNELS}, or 0 for what is usual")
    if space < 0:
        raise ConfigError("space is not negative, and 0 for no limit")
    return Config(
        folder=folder,
        state=state,
        host=host,
        port=port,
        announce=data.get("announce", True),
        grants=Grants(cameras=cameras, space=space * _GB),
    )


def _check(table: dict[str, object], name: str) -> None:
    """Refuse what is not known, or of another type: most likely it is misspelt."""
    known = _KNOWN[name]
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"Nobody knows {key}; there are {', '.join(known)}")
        if type(value) is not known[key]:
            raise ConfigError(f"{key} is of the wrong type")


def _address(text: str) -> tuple[str, int]:
    match = _ADDRESS.fullmatch(text)
    if match is None or not int(match["port"]) < 1 << 16:
        raise ConfigError(f"{text} is no address such as {_LISTEN}")
    return match["six"] or match["four"], int(match["port"])
