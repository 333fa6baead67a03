"""From another recorder's replay into a recorder's folder."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
import threading
from typing import BinaryIO

import pytest

from custom_components.nvr_hotspare.recorder.errors import (
    SourceError,
    SourceLostError,
    SourceNotFoundError,
    SourceRejectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from custom_components.nvr_hotspare.recorder.giving import receiving as receiving_module
from custom_components.nvr_hotspare.recorder.giving.checking import Expected, check_frames
from custom_components.nvr_hotspare.recorder.giving.model import (
    Replay,
    TransferProblem,
    TransferReport,
    TransferState,
)
from custom_components.nvr_hotspare.recorder.giving.pace import Pace
from custom_components.nvr_hotspare.recorder.model import (
    AudioFrame,
    AudioTrack,
    Codec,
    Frame,
    Tracks,
)
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.footage import INTERVAL, START, decode, frames, tracks
from tests.recorder.giving_lab import RATE, SECOND, Site, every, seconds

REPLAY = Replay(uri="rtsp://127.0.0.1:1/replay", username="viewer", password="cellar-door")
type Pairs = list[tuple[Tracks, Frame]]


class Spare:
    """Plays what it has of a span, from the key frame before it, as `open_replay` does."""

    def __init__(self, footage: Iterable[tuple[Tracks, Frame]]) -> None:
        self.footage: Pairs = list(footage)
        self.asked: list[Span] = []
        self.proven = True
        self.breaks: dict[int, tuple[int, SourceError]] = {}
        """After so many frames of the nth replay."""
        self.refuses: SourceError | None = None
        self.hangs = False

    @asynccontextmanager
    async def open(self, replay: Replay, span: Span) -> AsyncIterator[Spare]:
        assert replay == REPLAY
        self.asked.append(span)
        if self.refuses:
            raise self.refuses
        yield self

    async def __aiter__(self) -> AsyncIterator[tuple[Tracks, Frame]]:
        span, number = self.asked[-1], len(self.asked) - 1
        keys = [frame.time for _, frame in self.footage if frame.key]
        begin = max((key for key in keys if key <= span.start), default=0)
        end = min((key for key in keys if key >= span.end), default=2**62)
        sent = 0
        for pair in self.footage:
            if begin <= pair[1].time < end:
                if number in self.breaks and sent == self.breaks[number][0]:
                    raise self.breaks[number][1]
                yield pair
                sent += 1
        if self.hangs:
            await asyncio.sleep(3600)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def spare(monkeypatch: pytest.MonkeyPatch) -> Spare:
    spare = Spare((tracks(), frame) for frame in frames(40 * RATE))
    monkeypatch.setattr(receiving_module, "open_replay", spare.open)
    return spare


def receive(site: Site, *gaps: Span, pace: Pace | None = None) -> TransferReport:
    transfer = site.transfer(replace(site.request(*gaps), replay=REPLAY), pace)
    transfer.run()
    return transfer.report


def test_a_gap_is_filled_from_the_key_frame_before_it(site: Site, spare: Spare) -> None:
    report = receive(site, seconds(2.4, 7.6))

    assert report.state is TransferState.DONE, report.error
    assert site.numbers() == every(2, 8)
    assert report.overlap_frames == len(every(2, 2.4)) + len(every(7.6, 8))
    assert (report.clips, report.missing) == (1, ())
    assert report.seconds == report.seconds_done == 5.2
    assert report.playing_time == pytest.approx(6.0)
    assert len(spare.asked) == 1


async def test_what_was_received_is_decoded_without_a_complaint(site: Site, spare: Spare) -> None:
    assert spare.proven
    await asyncio.to_thread(receive, site, seconds(2, 6))
    (given,) = site.files()
    assert await decode(given) == (100, "")


def test_gaps_near_each_other_are_asked_for_at_once(site: Site, spare: Spare) -> None:
    report = receive(site, seconds(2, 3), seconds(20, 21))
    assert site.numbers() == every(2, 3) + every(20, 21)
    assert (report.clips, len(spare.asked)) == (2, 1)


def test_a_long_gap_becomes_clips_of_a_minute(site: Site, spare: Spare) -> None:
    spare.footage = [(tracks(), frame) for frame in frames(130 * RATE)]
    report = receive(site, seconds(0, 130))
    assert report.clips == 3
    assert site.numbers() == every(0, 130)


def test_footage_that_is_not_there_is_told(site: Site, spare: Spare) -> None:
    spare.footage = [pair for pair in spare.footage if not 10 <= at(pair[1]) < 12]
    report = receive(site, seconds(8, 14))
    assert site.numbers() == every(8, 10) + every(12, 14)
    assert report.missing == (seconds(10, 12),)


def test_a_recorder_without_any_footage_of_that_time_holds_nothing(
    site: Site, spare: Spare
) -> None:
    spare.refuses = SourceNotFoundError("Nothing of that time.")
    report = receive(site, seconds(8, 14))
    assert (report.state, report.missing) == (TransferState.DONE, (seconds(8, 14),))


def test_one_that_falls_silent_at_its_end_is_asked_again_to_make_sure(
    site: Site, spare: Spare
) -> None:
    spare.proven = False
    spare.footage = spare.footage[: 10 * RATE - 5]
    report = receive(site, seconds(5, 9.8))
    assert (report.state, report.missing) == (TransferState.DONE, ())
    assert site.numbers() == every(5, 9.8)
    assert len(spare.asked) == 3


def test_one_that_falls_silent_too_early_doubles_nothing(site: Site, spare: Spare) -> None:
    spare.proven = False
    whole, spare.footage = spare.footage, spare.footage[: 10 * RATE - 5]
    report = receive(site, seconds(5, 15))
    assert (report.state, report.problem) == (TransferState.FAILED, TransferProblem.SOURCE_LOST)

    spare.proven, spare.footage = True, whole
    report = receive(site, seconds(5, 15))
    assert (report.state, report.missing) == (TransferState.DONE, ())
    assert {*site.numbers()} == {*every(5, 15)}
    assert len(site.numbers()) - 10 * RATE == report.overlap_frames


def test_a_replay_that_breaks_off_goes_on_with_the_next_key_frame(site: Site, spare: Spare) -> None:
    spare.breaks[0] = 90, SourceLostError("The recorder ended the connection too early.")
    report = receive(site, seconds(2, 8))
    assert (report.state, report.problem) == (TransferState.FAILED, TransferProblem.SOURCE_LOST)
    assert report.error == "The recorder ended the connection too early."
    assert site.numbers() == every(2, 5)
    assert site.files() == site.recordings()

    report = receive(site, seconds(2, 8))
    assert report.state is TransferState.DONE
    assert site.numbers() == every(2, 8)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (SourceRejectedError, TransferProblem.SOURCE_REJECTED),
        (SourceUnreachableError, TransferProblem.SOURCE_UNREACHABLE),
        (SourceUnsupportedError, TransferProblem.SOURCE_UNSUPPORTED),
        (SourceError, TransferProblem.SOURCE_LOST),
    ],
)
def test_why_a_recorder_gives_nothing_is_told(
    site: Site, spare: Spare, error: type[SourceError], problem: TransferProblem
) -> None:
    spare.refuses = error("Why not.")
    report = receive(site, seconds(2, 8))
    assert (report.state, report.problem) == (TransferState.FAILED, problem)
    assert report.error == "Why not."


def test_where_the_tracks_change_a_new_clip_begins(site: Site, spare: Spare) -> None:
    other = Tracks(replace(tracks().video, width=640))
    spare.footage = [(tracks() if at(frame) < 5 else other, frame) for _, frame in spare.footage]
    report = receive(site, seconds(2, 8))
    assert report.clips == 2
    assert site.numbers() == every(2, 8)


def test_ticks_that_leave_out_a_pause_do_not_put_frames_at_wrong_times(
    site: Site, spare: Spare
) -> None:
    for _, frame in spare.footage:
        if at(frame) >= 5:
            frame.time += 4 * SECOND  # as long as the clip that the camera loops
    receive(site, seconds(2, 12))
    assert site.numbers() == every(2, 5) + every(9, 12)


def test_audio_comes_along(site: Site, spare: Spare) -> None:
    heard = AudioTrack(codec=Codec.PCMU, rate=8000, channels=1)
    both = Tracks(tracks().video, heard)
    pairs: Pairs = []
    for _, frame in spare.footage:
        sound = AudioFrame(
            data=b"%08d" % (frame.time % 10**8) * 40,
            time=frame.time,
            ticks=(frame.time - START) * 8 // 1_000_000,
            duration=320,
        )
        pairs += [(both, frame), (both, sound)]
    spare.footage = pairs
    receive(site, seconds(2, 8))
    (given,) = site.files()
    with given.open("rb") as file:
        reader = Mp4Reader(file)
        sounds = [
            (sample, reader.data(sample)) for part in reader.fragments() for sample in part.audio
        ]
    assert [data for _, data in sounds] == [
        frame.data for _, frame in pairs if isinstance(frame, AudioFrame) and 2 <= at(frame) < 8
    ]
    assert all(
        abs(sample.time - START - 2 * SECOND - number * INTERVAL) < 200_000
        for number, (sample, _) in enumerate(sounds)
    )


def test_frames_that_are_shown_out_of_order_keep_their_times(site: Site, spare: Spare) -> None:
    """Frames in the order I P B B, of which the last two are shown before the second."""
    for at_key in range(0, len(spare.footage), RATE):
        for begin in range(at_key + 1, at_key + RATE - 2, 3):
            group = [spare.footage[place][1] for place in range(begin, begin + 3)]
            times = [(frame.time, frame.ticks) for frame in group]
            for frame, (time, ticks) in zip(group, times[-1:] + times[:-1], strict=True):
                frame.time, frame.ticks = time, ticks
    report = receive(site, seconds(2, 8))
    assert report.state is TransferState.DONE, report.error
    assert report.frames == 150
    (given,) = site.files()
    with given.open("rb") as file:
        found = [sample.time for part in Mp4Reader(file).fragments() for sample in part.samples]
    assert found == [frame.time for _, frame in spare.footage if 2 <= at(frame) < 8]


def test_what_is_written_is_compared_with_what_was_received(
    site: Site, spare: Spare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(file: BinaryIO, video: Sequence[Expected], audio: Sequence[Expected]) -> str:
        video = [*video[:50], video[50]._replace(crc=video[50].crc ^ 1), *video[51:]]
        return check_frames(file, video, audio)

    monkeypatch.setattr(receiving_module, "check_frames", spoil)
    report = receive(site, seconds(2, 8))
    assert report.problem is TransferProblem.NOT_VERIFIED
    assert len(spare.asked) == 2
    assert not site.files()


def test_one_that_hangs_can_be_left(site: Site, spare: Spare) -> None:
    spare.hangs = True
    transfer = site.transfer(replace(site.request(seconds(2, 50)), replay=REPLAY))
    thread = threading.Thread(target=transfer.run)
    thread.start()
    while not spare.asked:
        pass
    transfer.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert transfer.report.state is TransferState.WAITING
    assert not site.files()


def at(frame: Frame) -> float:
    return (frame.time - START) / SECOND
