"""One job: what a recorder lacks, taken from where it is, proven in its folder, accounted for."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
import logging
from pathlib import Path
import threading
from typing import Any

from ..errors import ArchiveError, FootageError
from ..holdings import open_clip
from ..messages import GiveBack
from ..returned import mark_returned
from ..spans import Span, difference, intersection, total, union
from .catalogue import Catalogue
from .checking import check_copy
from .copying import copy
from .gops import HEADS, JITTER
from .ledger import Entry, Ledger
from .lookout import coarse
from .model import Replay, TransferError, TransferProblem, TransferReport, TransferState
from .naming import Names
from .outgoing import Outgoing, folder_errors
from .pace import Pace, StoppedError
from .pieces import Piece
from .receiving import Receiver
from .target import Folder

_LOGGER = logging.getLogger(__name__)
_SECOND = 1_000_000_000
_TRIES = 2
"""How often something is copied if what is there then reads otherwise."""
_MAX_MISSING = 32
"""Stretches of missing footage that are told of a job."""
_TOGETHER = 60 * _SECOND
"""Gaps that are no farther apart are asked for at once."""


class Transfer:
    """A job while it is being done, by one thread.

    Attributes:
        report: How it stands. It is replaced as a whole, so that any thread may read it.
    """

    def __init__(self, request: GiveBack, catalogue: Catalogue, ledgers: Path, pace: Pace) -> None:
        self.report = TransferReport(channel=request.channel)
        self._request = request
        self._gaps = union(request.gaps)
        self._catalogue = catalogue
        self._ledgers = ledgers
        self._pace = pace
        self._stop = threading.Event()
        self._covered: tuple[Span, ...] = ()
        """By what was given."""

    @property
    def stopping(self) -> bool:
        """Whether it was told to end."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Have it end soon; what is not proven then is not given. Any thread may call this."""
        self._stop.set()

    def refuse(self, error: TransferError) -> None:
        """Have it fail before it has begun."""
        self._fail(error)

    def break_down(self) -> None:
        """Have it fail after an error that nobody foresaw."""
        text = "Giving footage back failed; the log of the recording engine has why."
        self._fail(TransferError(TransferProblem.ENGINE_FAILED, text))

    def run(self) -> None:
        """Do the job. How it ended is in the report."""
        try:
            for tries in range(1, _TRIES + 1):
                try:
                    self._do()
                except TransferError as error:
                    if error.problem is not TransferProblem.NOT_VERIFIED or tries == _TRIES:
                        self._fail(error)
                        return
                    _LOGGER.warning("%s: %s It is given again.", self._request.job, error)
                else:
                    return
        except StoppedError:
            self._tell(TransferState.WAITING)

    def _do(self) -> None:
        request = self._request
        outgoing = Outgoing(
            request.job,
            Folder(Path(request.target.folder)),
            Names(request.target),
            Ledger(self._ledgers, request.job),
            self._stop,
        )
        self._begin(outgoing.resume())
        if request.replay is not None:
            self._receive(request.replay, outgoing)
            damaged = False
        else:
            damaged = self._copy(outgoing)
            self._mark_returned()
        self._finish(damaged=damaged)

    # From the engine's own archive

    def _copy(self, outgoing: Outgoing) -> bool:
        """Give what the archive holds; return whether some of it can't be read."""
        try:
            found = self._catalogue.find(self._request.channel, self._left)
        except (OSError, ArchiveError) as error:
            raise _lost(error) from error
        self._expect(span for piece in found.pieces for span in piece.covered)
        damaged = bool(found.damaged)
        for piece in found.pieces:
            try:
                self._copy_piece(piece, outgoing)
            except FileNotFoundError:  # its time was over
                continue
            except FootageError:
                damaged = True
            except OSError as error:
                raise _lost(error) from error
        return damaged

    def _copy_piece(self, piece: Piece, outgoing: Outgoing) -> None:
        with (
            open_clip(piece.clip.path, HEADS) as source,
            outgoing.file(piece.span.start, piece.size) as file,
        ):
            self._tell(TransferState.COPYING)
            with folder_errors():
                copy(source, piece, file.file, self._pace, self._stop)
            self._tell(TransferState.VERIFYING)
            with folder_errors(), file.written() as written:
                proof = Entry(
                    covered=piece.covered,
                    frames=piece.frames,
                    overlap=piece.overlap,
                    sha256=check_copy(source, piece, written),
                    size=written.tell(),
                )
            self._take(outgoing.deliver(file, proof))

    def _mark_returned(self) -> None:
        """Have the archive know what of it may go when room is needed."""
        request = self._request
        try:
            clips = [*self._catalogue.returnable(request.channel, request.window, self._left)]
            if not clips:
                return
            mark_returned(self._catalogue.archive.folder_of(request.channel), clips)
        except (OSError, ArchiveError) as error:
            _LOGGER.warning("%s: what was given back can't be marked: %s", request.job, error)

    # From another recorder

    def _receive(self, replay: Replay, outgoing: Outgoing) -> None:
        self._expect(self._gaps)
        receiver = Receiver(replay, outgoing, self._pace, self._stop, self._take)
        for span in union(self._left, bridge=_TOGETHER):
            proven = last = was_last = False
            while not proven and (gaps := intersection(self._left, (span,))):
                if was_last:
                    raise TransferError(
                        TransferProblem.SOURCE_LOST,
                        "The recorder falls silent before the end of its footage.",
                    )
                before = self.report.clips
                proven = receiver.receive(gaps, last=last)
                was_last, last = last, self.report.clips == before

    # Accounts

    @property
    def _left(self) -> tuple[Span, ...]:
        """What of the gaps was not given, but for less than a frame."""
        left = difference(self._gaps, self._covered)
        return tuple(span for span in left if span.length > JITTER)

    def _begin(self, given: Iterable[Entry]) -> None:
        """Begin with what was given before."""
        self._covered = ()
        self.report = TransferReport(channel=self._request.channel, state=TransferState.COPYING)
        for entry in given:
            self._take(entry)

    def _expect(self, spans: Iterable[Span]) -> None:
        """Tell how much there is to give, with what was given before."""
        both = union((*spans, *self._covered), bridge=JITTER)
        self._tell(TransferState.COPYING, seconds=self._seconds(both))

    def _take(self, entry: Entry) -> None:
        """Count a clip that was given."""
        self._covered = union((*self._covered, *entry.covered), bridge=JITTER)
        so_far = self.report
        self._tell(
            TransferState.COPYING,
            seconds_done=self._seconds(self._covered),
            bytes=so_far.bytes + entry.size,
            frames=so_far.frames + entry.frames,
            overlap_frames=so_far.overlap_frames + entry.overlap,
            playing_time=so_far.playing_time + total(entry.covered) / _SECOND,
            clips=so_far.clips + 1,
        )

    def _seconds(self, spans: Sequence[Span]) -> float:
        return total(intersection(self._gaps, spans)) / _SECOND

    def _finish(self, *, damaged: bool) -> None:
        missing = coarse(self._left, _MAX_MISSING)
        problem, error = None, ""
        if damaged and missing:
            problem = TransferProblem.SOURCE_DAMAGED
            error = "Some of the spare's footage is damaged and can't be given back."
        self._tell(
            TransferState.DONE,
            problem=problem,
            error=error,
            missing=missing,
            seconds=self.report.seconds_done,
        )

    def _fail(self, error: TransferError) -> None:
        _LOGGER.warning("%s: %s", self._request.job, error)
        self._tell(TransferState.FAILED, problem=error.problem, error=str(error))

    def _tell(self, state: TransferState, **changes: Any) -> None:
        self.report = replace(self.report, state=state, **changes)


def _lost(error: Exception) -> TransferError:
    why = error.strerror if isinstance(error, OSError) else str(error)
    return TransferError(
        TransferProblem.SOURCE_LOST, f"The spare's own footage can't be read: {why}."
    )
