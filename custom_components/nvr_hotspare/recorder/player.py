"""Footage in the order of its capture, out of all files that hold some, each frame once.

Where files overlap, as what was given back does with what surrounds it, one is played to the end
of its stretch, and another from there on. Plain synchronous code.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from .errors import DamagedFootageError, EmptyFootageError
from .holdings import EVER, Holding, Holdings, open_clip
from .model import AudioFrame, Codec, Frame, Tracks, VideoFrame, VideoTrack
from .mp4.reader import Fragment, Mp4Reader, Sample
from .rtp import h264, h265
from .rtp.capture import Mark
from .rtsp.footage import Shot
from .rtsp.order import Order

_BATCH = 512 * 1024
"""Bytes of frames that are read at once."""
_SECOND = 1_000_000_000
_H264_AUD, _H265_AUD = 9, 35
"""Types of NAL units that say that an access unit begins."""


class Part(NamedTuple):
    """A stretch of one file that is played."""

    holding: Holding
    since: int
    """Frames captured earlier are played only where the first one needs them."""
    end: int
    """Those captured then or later are not."""
    goes_on: bool
    """Whether it begins where the part before it ended."""


def next_part(holdings: Iterable[Holding], since: int, before: Part | None) -> Part | None:
    """Return what is played from a moment on, None if there is nothing more.

    Args:
        holdings: What there is from there on, by the start of the clips; read as far as needed.
        since: The moment: where to begin, or where the part before this one has ended.
        before: That part.
    """
    # Two recorders may differ a little on when a frame was captured.
    same, pause = (before.holding.interval // 2, before.holding.pause) if before else (0, 0)
    best: Part | None = None
    later: Part | None = None
    for holding in holdings:
        if holding.clip.start > (later.since if later else since + same) and (best or later):
            break
        for span in holding.spans:
            if span.end <= since + same:
                continue
            if span.start <= since + same:
                if best is None or span.end > best.end:
                    best = Part(holding, since - same, span.end, before is not None)
            elif later is None or span.start < later.since:
                later = Part(holding, span.start, span.end, span.start < since + pause)
    return best or later


class _Picks(NamedTuple):
    """What is played of a fragment."""

    video: Sequence[Sample]
    audio: Sequence[Sample]


class Player:
    """Plays a channel by one order."""

    def __init__(self, holdings: Holdings, channel: str, tracks: Tracks, order: Order) -> None:
        """Play what is of these tracks: the same codec, though its parameters may change."""
        self._holdings = holdings
        self._channel = channel
        self._tracks = tracks
        self._order = order
        self._end = EVER if order.end is None else order.end
        self._heard = -EVER
        """When the audio played so far ends."""
        self._shown = -EVER
        """When the latest key frame was captured, where no other frames are played."""
        self._track = tracks.video
        self._coming: tuple[Part | None, bool] | None = None
        """What was found to be next while the part before it was played."""
        self._fresh = set[type[Frame]]()
        """The kinds of frames of which there was none since the last gap."""

    def play(self) -> Iterator[list[Shot]]:
        """Yield some frames at a time until there are no more, in the order of decoding.

        An empty list says that there are no more yet, but that the channel is being recorded. The
        last frames of what was played so, while it was written, can't be marked as the last ones.

        Raises:
            ArchiveError: No channel can have that name.
            OSError: The disk fails.
        """
        since = -EVER if self._order.start is None else self._order.start
        part: Part | None = None
        following, more = self._next(since, part)
        while since < self._end:
            if following is not None:
                if following.since >= self._end:
                    return
                with suppress(FileNotFoundError, DamagedFootageError, EmptyFootageError):
                    yield from self._play(following, part)
                since, part = following.end, following
            elif more:
                yield []
            else:
                return
            following, more = self._coming or self._next(since, part)
            self._coming = None

    def _next(self, since: int, before: Part | None) -> tuple[Part | None, bool]:
        """Return what is played next, and if that is nothing whether more may come."""
        part = next_part(self._from(since), since, before)
        if part is not None:
            return part, True
        if self._holdings.is_growing(self._channel):
            return None, True
        # What was still being written when it was looked at may have grown before it was closed.
        return next_part(self._from(since), since, before), False

    def _from(self, since: int) -> Iterator[Holding]:
        codec = self._tracks.video.codec
        found = self._holdings.within(self._channel, since, EVER)
        return (each for each in found if each.tracks.video.codec is codec)

    def _play(self, part: Part, before: Part | None) -> Iterator[list[Shot]]:
        if before is not None and not part.goes_on:
            self._fresh = {VideoFrame, AudioFrame}
        with open_clip(part.holding.clip.path) as file:
            reader = Mp4Reader(file)
            track = reader.tracks.video
            needs_key = before is None or track != self._track
            self._track = track
            latest: _Picks | None = None
            fragments = _cut(reader.fragments(), part.since, needs_key=needs_key)
            for fragment in _until(fragments, min(part.end, self._end)):
                picks = self._pick(fragment, reader.tracks)
                if picks.video or picks.audio:
                    if latest is not None:
                        yield from self._load(reader, latest, Mark(0))
                    latest = picks
            if latest is not None:
                yield from self._load(reader, latest, self._last_marks(part))

    def _last_marks(self, part: Part) -> Mark:
        """Return what the last frames of a part are."""
        if self._end <= part.end:
            return Mark.TERMINAL
        following, more = self._coming = self._next(part.end, part)
        if following is None:
            return Mark(0) if more else Mark.END | Mark.TERMINAL
        if following.goes_on:
            return Mark(0)
        return Mark.END | Mark.TERMINAL if following.since >= self._end else Mark.END

    def _pick(self, fragment: _Picks, tracks: Tracks) -> _Picks:
        """Return what the order wants of it."""
        if not self._order.intra:
            return fragment if tracks.audio == self._tracks.audio else _Picks(fragment.video, ())
        keys = list[Sample]()
        for sample in fragment.video:
            if sample.key and sample.time >= self._shown + self._order.interval:
                keys.append(sample)
                self._shown = sample.time
        return _Picks(keys, ())

    def _load(self, reader: Mp4Reader, picks: _Picks, marks: Mark) -> Iterator[list[Shot]]:
        """Read frames, the last one of each track with these marks."""
        lasts = {id(each[-1]) for each in picks if each}
        shots, size = list[Shot](), 0
        for sample, is_video in _in_order(picks):
            frame = self._video(reader, sample) if is_video else self._audio(reader, sample)
            if frame is None:
                continue
            own = marks if id(sample) in lasts else Mark(0)
            if type(frame) in self._fresh:
                self._fresh.discard(type(frame))
                own |= Mark.DISCONTINUITY
            shots.append(Shot(frame, own))
            size += sample.size
            if size >= _BATCH:
                yield shots
                shots, size = [], 0
        if shots:
            yield shots

    def _video(self, reader: Mp4Reader, sample: Sample) -> VideoFrame:
        units = reader.nal_units(sample)
        if sample.key:
            units = with_parameter_sets(units, reader.tracks.video)
        return VideoFrame(nal_units=units, time=sample.time, ticks=sample.ticks, key=sample.key)

    def _audio(self, reader: Mp4Reader, sample: Sample) -> AudioFrame | None:
        """Read a frame of audio, None if it was heard before."""
        track = self._tracks.audio
        lasts = sample.duration * _SECOND // track.rate if track else 0
        if sample.time < self._heard - lasts // 2:
            return None
        self._heard = sample.time + lasts
        return AudioFrame(
            data=reader.data(sample),
            time=sample.time,
            ticks=sample.ticks,
            duration=sample.duration,
        )


def _cut(fragments: Iterator[Fragment], since: int, *, needs_key: bool) -> Iterator[_Picks]:
    """Yield what was captured from a moment on, and before it what the first frame needs."""
    if needs_key:
        yield from _cut_at_key(fragments, since)
    for fragment in fragments:
        video = [sample for sample in fragment.samples if sample.time >= since]
        if len(video) == len(fragment.samples):
            yield _Picks(video, fragment.audio)
        elif video:
            yield _Picks(video, _heard_from(fragment, video[0]))


def _cut_at_key(fragments: Iterator[Fragment], since: int) -> Sequence[_Picks]:
    """Take fragments up to a moment, and return the last key frame before it and what follows.

    If there is none before it, it is the first one after it.
    """
    waiting: list[_Picks] = []
    for fragment in fragments:
        video = fragment.samples
        reached = any(sample.time >= since for sample in video)
        keys = [each for each, sample in enumerate(video) if sample.key]
        early = [each for each in keys if video[each].time <= since]
        if early or (keys and reached and not waiting):
            first = early[-1] if early else keys[0]
            waiting = [_Picks(video[first:], _heard_from(fragment, video[first]))]
        elif waiting:
            waiting.append(_Picks(video, fragment.audio))
        if waiting and reached:
            break
    return waiting


def _heard_from(fragment: Fragment, frame: Sample) -> Sequence[Sample]:
    return [sample for sample in fragment.audio if sample.time >= frame.time]


def _until(picks: Iterator[_Picks], end: int) -> Iterator[_Picks]:
    """Yield what comes before a moment, and between what such frames need."""
    for each in picks:
        early = [index for index, sample in enumerate(each.video) if sample.time < end]
        if not early:
            return
        if early[-1] + 1 < len(each.video):
            audio = [sample for sample in each.audio if sample.time < end]
            yield _Picks(each.video[: early[-1] + 1], audio)
            return
        yield each


def _in_order(picks: _Picks) -> Iterator[tuple[Sample, bool]]:
    """Yield the frames as they were recorded, and whether each is video."""
    audio = iter(picks.audio)
    heard = next(audio, None)
    for sample in picks.video:
        while heard is not None and heard.time < sample.time:
            yield heard, False
            heard = next(audio, None)
        yield sample, True
    while heard is not None:
        yield heard, False
        heard = next(audio, None)


def with_parameter_sets(units: list[bytes], track: VideoTrack) -> list[bytes]:
    """Return the NAL units of a key frame with the parameter sets that it lacks, in their place.

    That is before all else but an access unit delimiter (H.264, 7.4.1.2.3; H.265, 7.4.2.4.4).
    """
    missing = [each for each in (track.vps, track.sps, track.pps) if each and each not in units]
    kind, delimiter = (
        (h265.nal_type(units[0]), _H265_AUD)
        if track.codec is Codec.H265
        else (h264.nal_type(units[0]), _H264_AUD)
    )
    begin = 1 if kind == delimiter else 0
    return [*units[:begin], *missing, *units[begin:]]
