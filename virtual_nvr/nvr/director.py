"""Makes the engine do what the jobs say, and tells how it goes."""

import asyncio
from collections.abc import Sequence, Set as AbstractSet
import shutil
from typing import NamedTuple

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.holdings import Holdings
from custom_components.nvr_hotspare.recorder.model import ChannelState, ChannelStatus, Source
from custom_components.nvr_hotspare.recorder.spans import Span

from .footage import tracks_of
from .state import Job, Receiver, ReceiverMode, State

UNKNOWN_RESOLUTION = 1920, 1080
"""Told of a channel that has not sent a frame yet."""


class Held(NamedTuple):
    """Stretches of footage, in order."""

    spans: Sequence[Span]
    goes_on: bool
    """Whether the last one is still being recorded."""


class Director:
    """Stands between what the unit was told and the engine; a channel is a recording's token."""

    def __init__(
        self,
        state: State,
        engine: Engine,
        archive: Archive,
        holdings: Holdings,
        held: AbstractSet[str],
    ) -> None:
        """Direct an engine that writes into this archive.

        Args:
            state: What the unit was told.
            engine: Started before `apply`.
            archive: The engine's.
            holdings: What the archive holds.
            held: Recordings that are kept from recording, whatever their jobs say; it may change.
        """
        self._state = state
        self._engine = engine
        self._archive = archive
        self._holdings = holdings
        self._running: dict[str, Source] = {}
        self._discarded: set[str] = set()
        self._held = held

    async def apply(self) -> None:
        """Bring the engine in line with the jobs; never run it twice at a time."""
        wanted = {
            channel: source
            for channel in self._state.recordings
            if (source := self._wanted(channel))
        }
        for channel in self._running.keys() - wanted.keys():
            del self._running[channel]
            await self._engine.release(channel)
        for channel, source in wanted.items():
            if self._running.get(channel) != source:
                self._running[channel] = source
                self._engine.record(channel, source)
        while self._discarded:
            channel = self._discarded.pop()
            await asyncio.to_thread(
                shutil.rmtree, self._archive.folder / channel, ignore_errors=True
            )

    def discard(self, channel: str) -> None:
        """Delete the footage of a recording that no longer exists, with the next `apply`."""
        self._discarded.add(channel)

    def progress(self, job: Job) -> tuple[str, str]:
        """Return a job's true state, and what is wrong (ONVIF Recording Control, "JobState").

        Active means that frames arrive, not that they should.
        """
        ruling = self._state.ruling_job(job.recording)
        receiver = self._state.receivers[job.receiver]
        if job is not ruling or receiver.mode is ReceiverMode.NEVER:
            return "Idle", ""
        if not receiver.uri:
            return "Error", "The receiver has no address"
        if job.recording in self._held:
            return "Error", "The recorder does not write"
        status = self._status(job.recording)
        if status and status.state is ChannelState.RECORDING:
            return "Active", ""
        return ("Error", status.error) if status and status.error else ("Idle", "")

    def connection(self, receiver: Receiver) -> str:
        """Return the state of a receiver (onvif.xsd, ReceiverState)."""
        rulers = (self._state.ruling_job(channel) for channel in self._running)
        served = [job.recording for job in rulers if job and job.receiver == receiver.token]
        states = {status.state for channel in served if (status := self._status(channel))}
        if ChannelState.RECORDING in states:
            return "Connected"
        return "Connecting" if states - {ChannelState.REFUSED} else "NotConnected"

    def is_recording(self, channel: str) -> bool:
        """Whether frames arrive and are written."""
        status = self._status(channel)
        return status is not None and status.state is ChannelState.RECORDING

    async def extent(self, channel: str) -> Span | None:
        """Return from when to when there is footage of a channel, gaps or not."""
        return await asyncio.to_thread(self._holdings.extent, channel)

    async def held_between(self, channel: str, start: int, end: int) -> Held:
        """Return what there is of a channel that reaches between two times."""
        extent = await self.extent(channel)
        spans = await asyncio.to_thread(self._holdings.spans, channel, start, end)
        newest = bool(spans) and extent is not None and spans[-1].end >= extent.end
        return Held(spans, newest and self.is_recording(channel))

    def resolution(self, channel: str) -> tuple[int, int]:
        """Return width and height of a channel's video, in pixels."""
        tracks = tracks_of(self._archive, channel)
        return (tracks.video.width, tracks.video.height) if tracks else UNKNOWN_RESOLUTION

    def _wanted(self, channel: str) -> Source | None:
        job = self._state.ruling_job(channel)
        if job is None or channel in self._held:
            return None
        receiver = self._state.receivers[job.receiver]
        connects = receiver.mode is ReceiverMode.AUTO and receiver.uri
        return receiver.source if connects else None

    def _status(self, channel: str) -> ChannelStatus | None:
        return self._engine.status().get(channel)
