"""ContentMgmt/record: the schedule of each channel, and recording by hand."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus

from lxml import etree
from lxml.etree import _Element as Element

from .firmware import HikvisionFirmware
from .inputs import Inputs, Track
from .wire import RefusedError, Wire, bad, children, not_found, parse, text

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SCHEDULE = "www.std-cgi.com/racm/schedule/ver10"
_EXTENSION = "www.hikvision.com/RaCM/trackExt/ver10"
_STREAMS = 100


def track_of(channel: int) -> int:
    """Return the number of a channel's track: of its main stream."""
    return channel * _STREAMS + 1


def channel_of(track: str | None) -> int:
    """Return the channel of a track; RefusedError where the number is none."""
    if track is None or not track.isdecimal() or int(track) % _STREAMS != 1:
        raise not_found()
    return int(track) // _STREAMS


class Tracks:
    """The schedules of a recorder."""

    def __init__(
        self,
        inputs: Inputs,
        firmware: HikvisionFirmware,
        changed: Callable[[int], Awaitable[None]],
    ) -> None:
        """Manage schedules; `changed` is awaited with the channel before it is confirmed."""
        self._inputs = inputs
        self._firmware = firmware
        self._changed = changed
        self._wire = Wire(firmware.namespace)

    async def answer(self, method: str, rest: str, path: str, body: bytes) -> Element:
        """Carry out a request of what follows record/."""
        match method, rest.split("/"):
            case "GET", ["tracks"]:
                told = self._wire.element("TrackList", *map(self._told, self._inputs.tracks))
                told.set("size", str(len(told) + 3 * self._firmware.wrong_sizes))
                return told
            case "GET", ["tracks", track]:
                return self._told(self._there(track))
            case "PUT", ["tracks", track]:
                return await self._change(self._there(track), path, body)
            case "PUT", ["control", "manual", "start" | "stop" as order, "tracks", track]:
                channel = self._there(track)
                there = self._inputs.tracks[channel]
                self._inputs.tracks[channel] = replace(there, manual=order == "start")
                await self._changed(channel)
                return self._wire.status(path)
            case _:
                raise not_found()

    async def _change(self, channel: int, path: str, body: bytes) -> Element:
        asked = parse(body, "Track")
        enable = text(asked, "Enable")
        schedule = next(children(asked, "TrackSchedule"), None)
        if text(asked, "id") != str(track_of(channel)) or enable not in {"true", "false"}:
            raise bad()
        if schedule is None or text(asked, "TrackGUID") != _guid(channel):
            raise RefusedError("badXmlContent", 6, HTTPStatus.OK)  # as some do: within a 200
        manual = self._inputs.tracks[channel].manual
        if not self._firmware.pretends:
            self._inputs.tracks[channel] = Track(
                enable=enable == "true",
                schedule=etree.tostring(schedule, encoding="unicode"),
                manual=manual,
            )
            await self._changed(channel)
        return self._wire.status(path)

    def _there(self, track: str) -> int:
        channel = channel_of(track)
        if channel not in self._inputs.tracks:
            raise not_found()
        return channel

    def _told(self, channel: int) -> Element:
        element, track = self._wire.element, self._inputs.tracks[channel]
        schedule = etree.fromstring(track.schedule) if track.schedule else self._always()
        extension = element(
            "CustomExtension",
            element("CustomExtensionName", _EXTENSION),
            element("enableSchedule", track.enable),
            element("SaveAudio", "false"),
            element("PreRecordTimeSeconds", 5),
        )
        return element(
            "Track",
            element("id", track_of(channel)),
            element("Channel", track_of(channel)),
            element("Enable", track.enable),
            element("Description", f"trackType=standard,sourceTag=AXIS210a,channel={channel}"),
            element("TrackGUID", _guid(channel)),
            element("DefaultRecordingMode", "CMR"),
            schedule,
            element("CustomExtensionList", extension),
        )

    def _always(self) -> Element:
        """Return the schedule of all day long, day after day."""
        element = self._wire.element
        block = element(
            "ScheduleBlock",
            element("ScheduleBlockGUID", "{00000000-0000-0000-0000-000000000000}"),
            element("ScheduleBlockType", _SCHEDULE),
        )
        for index, day in enumerate(_DAYS):
            after = _DAYS[(index + 1) % len(_DAYS)]
            begins, ends = (
                element(name, element("DayOfWeek", it), element("TimeOfDay", "00:00:00"))
                for name, it in (
                    ("ScheduleActionStartTime", day),
                    ("ScheduleActionEndTime", after),
                )
            )
            actions = element(
                "Actions",
                element("Record", "true"),
                element("Log", "false"),
                element("ActionRecordingMode", "CMR"),
            )
            block.append(element("ScheduleAction", element("id", index + 1), begins, ends, actions))
        return element("TrackSchedule", element("ScheduleBlockList", block))


def _guid(channel: int) -> str:
    return f"{{00000000-0000-0000-0000-{channel:012}}}"
