"""Where decisions stand, and what the deputy has to tell the manager: saved at each transition.

It holds no passwords: those are in the standing orders (see `vault`).
"""

from collections.abc import Iterable, Mapping
from copy import replace
from dataclasses import dataclass
import json
import logging
from pathlib import Path
from typing import Final

from ..recorder.messages import Resumed
from ..recorder.plain import Plain, PlainError, dump, load
from ..recorder.remote.private_file import write_private

_LOGGER = logging.getLogger(__name__)
_MAX_FILE: Final = 4 << 20
_MAX_TOLD: Final = 384 << 10
"""Bytes of announcements that are kept: with the journals they fit into one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayRecord:
    """The journal that counts, whoever wrote it last, and what came of the deputy's decisions."""

    seq: int
    """Of the standing orders."""
    silence: float
    """Seconds after which the manager is taken for gone."""
    journal: Mapping[str, Plain]
    """The manager's as of the standing orders, or what became of it since."""
    idle: bool = False
    """Whether the orders leave nothing to protect."""
    deciding: bool = False
    """Whether the deputy decides: after a restart it goes on at once."""
    deciding_since: float | None = None
    """When it first did so since the manager settled; seconds since 1970."""
    began: Mapping[str, Plain] | None = None
    """The journal with which it first did so since it was appointed."""
    number: int = 0
    """Of the latest announcement."""
    announcements: tuple[Mapping[str, Plain], ...] = ()

    def appointed(
        self, seq: int, silence: float, journal: Mapping[str, Plain], *, idle: bool
    ) -> AwayRecord:
        """Take newer orders: whoever gave them knows all that was decided before."""
        return replace(
            self, seq=seq, silence=silence, journal=journal, idle=idle, began=None, deciding=False
        )

    def begun(self, now: float) -> AwayRecord:
        """Take it that the deputy decides from now on."""
        since = now if self.deciding_since is None else self.deciding_since
        began = self.journal if self.began is None else self.began
        return replace(self, deciding=True, deciding_since=since, began=began)

    def noted(
        self, journal: Mapping[str, Plain], said: Iterable[Mapping[str, Plain]]
    ) -> AwayRecord:
        """Take a transition; of what was announced the oldest makes room if it is too much."""
        number, told = self.number, list(self.announcements)
        for item in said:
            number += 1
            told.append({**item, "number": number})
        sizes = [len(json.dumps(item)) for item in told]
        while sum(sizes) > _MAX_TOLD:
            _LOGGER.warning("An announcement is forgotten: nobody has asked for it")
            del told[0], sizes[0]
        return replace(self, journal=journal, number=number, announcements=tuple(told))

    def stopped(self) -> AwayRecord:
        """Take it that the deputy decides no more."""
        return replace(self, deciding=False)

    def settled(self) -> AwayRecord:
        """Forget what was told; the journal stays, for no newer one has come yet."""
        return replace(self, deciding_since=None, began=None, announcements=())

    def told(self, term: int) -> Resumed:
        """Return what the manager is told."""
        return Resumed(
            term=term,
            seq=self.seq,
            deciding_since=self.deciding_since,
            began=self.began,
            journal=None if self.began is None else self.journal,
            announcements=self.announcements,
        )


class AwayFile:
    """The record in a file for its owner alone. Blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> AwayRecord | None:
        """Return what is recorded; None where nothing is, or nothing that makes sense."""
        try:
            with self._path.open("rb") as file:
                return load(AwayRecord, json.loads(file.read(_MAX_FILE)))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            why = str(error) if isinstance(error, PlainError) else type(error).__name__
            _LOGGER.warning("What was decided can't be read: %s", why)
            return None

    def write(self, record: AwayRecord | None) -> None:
        """Bring a record to the disk, or forget it; OSError where that fails."""
        if record is None:
            self._path.unlink(missing_ok=True)
        else:
            write_private(self._path, json.dumps(dump(record)).encode())
