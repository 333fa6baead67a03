"""The camera entity of one channel: what it shows follows the recorder."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
import logging
from typing import Any, Final, override

from homeassistant.components.camera import Camera, CameraEntityDescription
from homeassistant.components.camera.const import CameraEntityFeature
from homeassistant.components.camera.helper import async_get_stream_image
from homeassistant.components.camera.webrtc import CameraWebRTCProvider
from homeassistant.components.stream import Stream
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import async_call_later

from ..entity import UnitEntity
from ..failover.model import Camera as Channel, Connection, WorkingStatus
from ..failover.view import DeviceView
from ..manager import FailoverManager
from ..nvr.uris import with_credentials
from ..recorder.model import Source
from ..settings.unit import ChannelConfig, UnitConfig
from .addresses import LiveAddresses
from .choice import LiveFrom, choose, live_view_id
from .stream_switch import StreamSwitch

_LOGGER = logging.getLogger(__name__)

DISTRUST: Final = 60.0
"""Seconds for which a stream that broke off is not gone back to while there is another."""

CHANNEL_CAMERA: Final = CameraEntityDescription(key="live", translation_key="live")


class LiveView(UnitEntity, Camera):
    """A channel of a working device, live."""

    _attr_supported_features = CameraEntityFeature.STREAM

    def __init__(
        self,
        manager: FailoverManager,
        config: UnitConfig,
        channel: ChannelConfig,
        addresses: LiveAddresses,
    ) -> None:
        UnitEntity.__init__(self, manager, config, CHANNEL_CAMERA)
        Camera.__init__(self)
        self._attr_unique_id = live_view_id(config, channel)
        self.channel = channel
        self._camera = Channel(config.unit, channel.number)
        self._addresses = addresses
        self._from: LiveFrom | None = None
        self._source: Source | None = None
        self._failed: dict[LiveFrom, CALLBACK_TYPE] = {}
        self._switch: StreamSwitch | None = None
        self._attr_name = channel.name
        self._look()

    @callback
    def take(self, channel: ChannelConfig) -> None:
        """Take up how the channel is configured now."""
        self.channel = channel
        self._attr_name = channel.name
        if self.hass:
            self._follow()

    # What Home Assistant asks for

    @property
    @override
    def available(self) -> bool:
        """Whether the channel is to be had, and is not known to send nothing."""
        return self._source is not None and super().available

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Who sends what is watched."""
        return {"live_from": self._from}

    @override
    async def stream_source(self) -> str | None:
        """Return the address with its credentials, for those who play it and nobody else."""
        return with_credentials(self._source) if self._source else None

    @override
    async def async_create_stream(self) -> Stream | None:
        """Return the stream, which from now on takes up every change of the address."""
        stream = await super().async_create_stream()
        if stream is not None and (self._switch is None or self._switch.stream is not stream):
            self._switch = StreamSwitch(self.hass, stream)
            stream.set_update_callback(self._hear)
        return stream

    @override
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        """Return the latest key frame; the next one, where no stream has run up to now."""
        runs = self.stream is not None and self.stream.outputs()
        image = await async_get_stream_image(self, width, height) if runs else None
        return image or await async_get_stream_image(
            self, width, height, wait_for_next_keyframe=True
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the recorder, and what is told of addresses."""
        await super().async_added_to_hass()
        self.async_on_remove(self._manager.listen_changes(self._unit, self._follow))
        self.async_on_remove(self._addresses.changes.add(self._follow))
        self._look()

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Have nobody watch it any more."""
        await super().async_will_remove_from_hass()
        for failed in tuple(self._failed):
            self._trust(failed)
        if self.stream:
            for output in self.stream.outputs().values():
                await self.stream.remove_provider(output)  # the last one ends the stream

    # Where it is watched from

    @callback
    def _hear(self) -> None:
        """Take up what the stream tells: that it broke off, or that it runs."""
        if self.stream and not self.stream.available and self._from:
            self._distrust(self._from)
        self._follow()

    @callback
    def _distrust(self, failed: LiveFrom) -> None:
        """Avoid for a while what broke off: mostly long before its recorder is known to be dead."""

        @callback
        def forget(_: datetime) -> None:
            self._trust(failed)
            self._follow()

        self._trust(failed)
        self._failed[failed] = async_call_later(self.hass, DISTRUST, forget)

    @callback
    def _trust(self, again: LiveFrom) -> None:
        if forget := self._failed.pop(again, None):
            forget()

    @callback
    def _follow(self) -> None:
        """Show the channel from where it is to be had now."""
        if self._look() and self._source:
            if self._switch:
                self._switch.to(with_credentials(self._source))
            if self.webrtc_provider:
                self._renew(self.webrtc_provider)
        self.async_write_ha_state()

    @callback
    def _renew(self, provider: CameraWebRTCProvider) -> None:
        task = self.hass.async_create_background_task(
            _register_anew(self, provider), f"WebRTC of {self.entity_id}"
        )
        task.add_done_callback(_note_failure)

    @callback
    def _look(self) -> bool:
        """See how things are; tell whether the address is another than before."""
        view = self._manager.view(self._unit).device
        if view is None:
            return False
        if view.connection is Connection.OFFLINE:
            self._trust(LiveFrom.NVR)  # once it is back
        backed_up = self._camera in view.backed_up
        self._attr_is_recording = backed_up or view.working_status is WorkingStatus.RECORDING
        offers = self._offers(view)
        self._from = choose(offers, backed_up=backed_up, now=self._from, failed=self._failed)
        before, self._source = self._source, offers[self._from] if self._from else None
        return self._source != before

    def _offers(self, view: DeviceView) -> Mapping[LiveFrom, Source]:
        """Return who could show the channel now.

        A camera with one stream is left alone: watching it must not cost its recording.
        """
        spare = view.spares.get(self._camera)
        online, single = view.connection is Connection.ONLINE, self.channel.single_stream
        found = {
            LiveFrom.NVR: self._addresses.of_device(self._camera) if online else None,
            LiveFrom.SPARE: self._addresses.of_spare(spare, self._camera) if spare else None,
            LiveFrom.CAMERA: None if single else self.channel.source,
        }
        return {who: source for who, source in found.items() if source}


async def _register_anew(camera: LiveView, provider: CameraWebRTCProvider) -> None:
    """Have those who watch by WebRTC ask again: a session keeps the address it began with."""
    await provider.async_unregister_camera(camera)
    await provider.async_register_camera(camera)


@callback
def _note_failure(task: asyncio.Task[None]) -> None:
    """Tell that a provider failed, but not how: its errors hold addresses with credentials."""
    if not task.cancelled() and (error := task.exception()):
        _LOGGER.debug("%s: %s", task.get_name(), type(error).__name__)
