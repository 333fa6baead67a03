"""Standing orders on the disk: encrypted, for they hold the passwords of units and cameras.

The key lies beside them, in a file for its owner alone: that keeps the passwords out of whatever
copies, indexes or shows the one file, not from who may read all of them.

Imported only by processes that end: cryptography takes memory that the engine is to do without.
Plain synchronous code.
"""

import json
from pathlib import Path
import sys
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from ..recorder.plain import Plain, PlainError
from ..recorder.remote.private_file import write_private
from .standing import StandingOrders, from_plain
from .vault_files import KEY, SEALED

_MAX_SIZE: Final = 4 << 20


class VaultError(Exception):
    """What is in the vault can't be read; the text holds nothing of it."""


def main(folder: Path) -> int:
    """Seal the standing orders that come on stdin; return an exit code, the reason on stderr."""
    try:
        data = sys.stdin.buffer.read(_MAX_SIZE)
        _parse(data)
        seal(folder, data)
    except (VaultError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 (a command)
        return 1
    return 0


def seal(folder: Path, data: bytes) -> None:
    """Encrypt standing orders into a folder; OSError where the disk fails."""
    try:
        key = Fernet((folder / KEY).read_bytes())
    except FileNotFoundError, ValueError:
        made = Fernet.generate_key()
        write_private(folder / KEY, made)
        key = Fernet(made)
    write_private(folder / SEALED, key.encrypt(data))


def unseal(folder: Path) -> StandingOrders:
    """Return the standing orders of a folder.

    Raises:
        VaultError: There are none, or none that can be read.
    """
    try:
        key = Fernet((folder / KEY).read_bytes())
        with (folder / SEALED).open("rb") as file:
            data = key.decrypt(file.read(2 * _MAX_SIZE))
    except (OSError, ValueError, InvalidToken) as error:
        raise VaultError(f"There are no standing orders: {type(error).__name__}") from None
    return _parse(data)


def _parse(data: bytes) -> StandingOrders:
    try:
        plain: Plain = json.loads(data)
        if not isinstance(plain, dict):
            raise VaultError("The standing orders are no object.")
        return from_plain(plain)
    except PlainError as error:
        raise VaultError(f"The standing orders make no sense: {error}") from None
    except ValueError, RecursionError:
        raise VaultError("The standing orders are no JSON.") from None
