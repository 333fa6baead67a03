"""Files that hold a password, and so must be for their owner alone."""

from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import stat


class CredentialsError(Exception):
    """A file can't be used; the text says why and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and its password."""

    username: str
    password: str = field(repr=False)


def read_credentials(path: Path) -> Credentials:
    """Return what stands in a JSON file: `{"username": ..., "password": ...}`.

    Raises:
        CredentialsError: The file is not there, not of that form, or others than its owner may
            read it.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(4096)
    except OSError as error:
        raise CredentialsError(f"{path}: {error.strerror}.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CredentialsError(f"{path} is open to others (mode {mode:04o}): chmod it to 0600.")
    try:
        match json.loads(content):
            case {"username": str(username), "password": str(password)}:
                return Credentials(username, password)
    except ValueError:
        pass  # its message would quote the file
    raise CredentialsError(f'{path} is not JSON with a "username" and a "password".')
