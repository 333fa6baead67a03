"""What recorders say: SOAP, ISAPI and CGI answers, events, discovery, addresses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from hypothesis import strategies as st

from custom_components.nvr_hotspare.nvr import discovery, greeting, multipart, untrusted
from custom_components.nvr_hotspare.nvr.address import Address
from custom_components.nvr_hotspare.nvr.dahua import (
    devices,
    listening as dahua_listening,
    local_clock as dahua_clock,
)
from custom_components.nvr_hotspare.nvr.dahua.mark import Mark as DahuaMark
from custom_components.nvr_hotspare.nvr.dahua.schedule import is_due, modes
from custom_components.nvr_hotspare.nvr.dahua.table import indexed, is_ok, read_table, whole
from custom_components.nvr_hotspare.nvr.errors import UnitError, UnitProtocolError
from custom_components.nvr_hotspare.nvr.hikvision import (
    facts,
    inputs,
    listening as hikvision_listening,
    local_clock,
    protocols,
    search as hikvision_search,
    tracks,
)
from custom_components.nvr_hotspare.nvr.hikvision.client import lock_of
from custom_components.nvr_hotspare.nvr.hikvision.mark import Mark as HikvisionMark
from custom_components.nvr_hotspare.nvr.http import Answer
from custom_components.nvr_hotspare.nvr.onvif import heartbeat, notifications, pullpoint, soap
from custom_components.nvr_hotspare.nvr.onvif.inventory import natural
from custom_components.nvr_hotspare.nvr.onvif.live import read_profiles
from custom_components.nvr_hotspare.nvr.onvif.services import path_in, paths_from_services
from custom_components.nvr_hotspare.nvr.onvif.wsdl import Messages, Service
from custom_components.nvr_hotspare.nvr.uris import (
    at_host,
    is_own_address,
    is_same_stream,
    stream_uri,
)
from tests.fuzz.target import Target, each, in_turn, lines, structured
from tests.nvr.dahua.test_dahua_hostile import BODIES
from tests.nvr.scripted_unit import services_answer, soap as envelope
from tests.nvr.test_discovery import answer, match

_NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
_NUMBER = "9" * 5000
_MESSAGES = Messages()
_ASKED = (
    (Service.DEVICE, "GetServices"),
    (Service.MEDIA, "GetProfiles"),
    (Service.RECORDING, "GetRecordings"),
    (Service.SEARCH, "GetEventSearchResults"),
)
_PROFILES = envelope(
    "<trt:GetProfilesResponse><trt:Profiles token='p' fixed='true'><tt:Name>n</tt:Name>"
    "<tt:VideoSourceConfiguration token='v'><tt:SourceToken>s</tt:SourceToken>"
    "</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration><tt:Resolution><tt:Width>1</tt:Width>"
    "</tt:Resolution></tt:VideoEncoderConfiguration></trt:Profiles></trt:GetProfilesResponse>"
)
_CLOCK = envelope(
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>1"
    "</tt:Hour><tt:Minute>2</tt:Minute><tt:Second>3</tt:Second></tt:Time><tt:Date><tt:Year>2026"
    "</tt:Year><tt:Month>1</tt:Month><tt:Day>1</tt:Day></tt:Date></tt:UTCDateTime>"
    "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
)
_FAULT = envelope(
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value>"
    "</s:Subcode></s:Code><s:Reason><s:Text>rtsp://a:b@c/</s:Text></s:Reason></s:Fault>"
)
_EVENT = envelope(
    "<NotificationMessage><Topic>tns1:Device/HardwareFailure/StorageFailure</Topic><Message>"
    "<tt:Message><tt:Source><tt:SimpleItem Name='Token' Value='1'/></tt:Source><tt:Data>"
    "<tt:SimpleItem Name='Failed' Value='true'/></tt:Data></tt:Message></Message>"
    "</NotificationMessage><Reference><Address>http://a/b?c</Address><CurrentTime>2026-01-01T00:00Z"
    "</CurrentTime><TerminationTime>2026-01-01T00:01:00</TerminationTime></Reference>"
)
_TRACK = (
    "<Track><Enable>true</Enable><ScheduleAction><ScheduleActionStartTime><DayOfWeek>Monday"
    "</DayOfWeek><TimeOfDay>00:00:00</TimeOfDay></ScheduleActionStartTime><ScheduleActionEndTime>"
    "<DayOfWeek>Tuesday</DayOfWeek><TimeOfDay>00:00:00</TimeOfDay></ScheduleActionEndTime><Actions>"
    "<Record>true</Record><ActionRecordingMode>CMR</ActionRecordingMode></Actions></ScheduleAction>"
    "<CustomExtension><enableSchedule>true</enableSchedule></CustomExtension></Track>"
)
_ISAPI = lines(
    _TRACK,
    _TRACK.replace("00:00:00", f"{_NUMBER}:00:00"),
    _TRACK.replace("00:00:00", "23999999800:00:00"),
    "<DeviceCap><inputProxyNums>16</inputProxyNums><isSupportSpare>true</isSupportSpare></DeviceCap>",
    f"<DeviceCap><inputProxyNums>{_NUMBER}</inputProxyNums></DeviceCap>",
    "<userCheck><lockStatus>lock</lockStatus><unlockTime>1800</unlockTime></userCheck>",
    f"<userCheck><lockStatus>lock</lockStatus><unlockTime>{_NUMBER}</unlockTime></userCheck>",
    "<InputProxyChannel><id>1</id><name>Gate ~aaaaaaaaaa.1</name><sourceInputPortDescriptor>"
    "<ipAddress>10.0.0.1</ipAddress><managePortNo>8000</managePortNo><srcInputPort>1</srcInputPort>"
    "<proxyProtocol>ONVIF</proxyProtocol></sourceInputPortDescriptor></InputProxyChannel>",
    "<CustomProtocol><id>1</id><protocolName>n</protocolName><mainStream><port>554</port><path>/1"
    "</path></mainStream></CustomProtocol>",
    f"<CustomProtocol><id>{_NUMBER}</id><port>{_NUMBER}</port><path>/1</path></CustomProtocol>",
    "<searchMatchItem><timeSpan><startTime>2026-01-01T00:00:00Z</startTime><endTime>"
    "2026-01-01T00:01:00Z</endTime></timeSpan></searchMatchItem>",
    "<Time><localTime>2026-01-01T00:00:00+01:00</localTime></Time>",
    "<Time><localTime>9999-12-31T23:59:59</localTime></Time>",
    "<EventNotificationAlert><eventType>diskerror</eventType><eventState>active</eventState>"
    "</EventNotificationAlert>",
)
_PARTS = (
    b"--x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nHeartbeat\r\n"
    b"--x\r\n\r\nCode=StorageFailure;action=Start;index=0\r\n--x\r\n\r\n"
)


def _xml(data: bytes) -> None:
    root = untrusted.parse_xml(data)
    for element in root.iter():
        untrusted.printable(untrusted.text_of(element, untrusted.local_name(element)))


def _soap(data: bytes) -> None:
    answered = Answer(status=200, body=data, challenges=())
    in_turn(lambda: heartbeat._time_told(answered), errors=(UnitProtocolError,))
    told = soap.parse(data)
    if (fault := soap.fault_of(told)) is not None:
        in_turn(fault.throw, errors=(UnitError,))
    for element in told.iter():
        notifications.event_of(element)
        pullpoint._lifetime(element)
        in_turn(partial(pullpoint._Reference.read, element), errors=(UnitProtocolError,))


def _onvif(data: bytes) -> None:
    """Read an answer as one to each of several requests."""
    told = soap.parse(data)
    for service, operation in _ASKED:
        with suppress(UnitProtocolError):
            found = _MESSAGES.read(service, operation, told)
            paths_from_services(found)
            read_profiles(found)


def _isapi(data: bytes) -> None:
    lock_of(Answer(status=401, body=data, challenges=()))
    hikvision_listening.event_of(data)
    root = untrusted.parse_xml(data)
    _ = facts.Abilities(root).cameras, tracks.is_continuous(root), tracks.is_due(root, _NOON)
    for element in root.iter():
        if (camera := inputs.read_camera(element)) is not None:
            _ = camera.mark, camera.source({})
        protocols.read_custom(element)
    for found in untrusted.within(root, "searchMatchItem"):
        in_turn(partial(hikvision_search._file, found), errors=(UnitProtocolError,))
    local_clock.read_time(untrusted.text_of(root, "localTime"))


def _cgi(data: bytes) -> None:
    is_ok(data)
    table = read_table(data)
    modes(table)
    for number, entry in devices.read_entries(table).items():
        device = devices._device(number, entry, entry.get("Name", ""), None)
        _ = device.uri, device.mark
    for prefix in ("table.RecordMode", "states", "items", "list.info"):
        for _, below in indexed(table, prefix):
            is_due(below, _NOON)
    for value in table.values():
        whole(value)
        DahuaMark.read(value)
        HikvisionMark.read(value)
    for told in table.values():
        with suppress(UnitProtocolError):
            dahua_clock.write_time(dahua_clock.read_time(told) + 3600)


def _parts(data: bytes) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    async def read() -> None:
        async for body in multipart.parts_of(chunks()):
            hikvision_listening.event_of(body)
            dahua_listening.event_of(body)

    asyncio.run(read())


def _discovered(data: bytes) -> None:
    greeting.read_greeting(data, "127.0.0.1")
    list(discovery.matches(data, "127.0.0.1", ["urn:uuid:1"]))
    for match_told in untrusted.within(untrusted.parse_xml(data), "ProbeMatch"):
        discovery._order(discovery.unit_of(match_told, "127.0.0.1"))


def _address(text: str) -> None:
    path_in(text)
    natural(text)
    is_own_address(text, "10.0.0.1", ["::1"])
    is_same_stream(text, "rtsp://a/")
    if (uri := stream_uri(text)) is not None:
        at_host(uri, "::1")
    in_turn(lambda: Address.read(text), errors=(ValueError,))


TARGETS = (
    Target(
        name="XML",
        parse=_xml,
        errors=(UnitProtocolError,),
        seeds=(*_ISAPI, *lines(_FAULT, "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a>" * 3000)),
    ),
    Target(
        name="SOAP",
        parse=_soap,
        errors=(UnitProtocolError,),
        seeds=lines(_FAULT, _CLOCK, _EVENT, _CLOCK.replace("2026", _NUMBER)),
    ),
    Target(
        name="answers of ONVIF",
        parse=_onvif,
        errors=(UnitProtocolError,),
        seeds=lines(_PROFILES, services_answer("media", "recording")),
    ),
    Target(name="ISAPI", parse=_isapi, errors=(UnitProtocolError,), seeds=_ISAPI),
    Target(
        name="CGI",
        parse=_cgi,
        errors=(UnitError,),
        seeds=(
            *(it[:4000] for it in BODIES.values()),
            *lines(
                "result=9999-12-31 23:59:59\r\nresult2=0001-01-01 00:00:00",
                "table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.Address=10.0.0.1\n"
                "table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0.RtspPort=1e300\n"
                "table.RecordMode[0].TimeSection[1][0]=1 00:00:00-24:00:00\n",
            ),
        ),
    ),
    Target(
        name="JSON",
        parse=untrusted.parse_json,
        errors=(UnitProtocolError,),
        seeds=lines('{"a": [1]}', "[" * 9999),
    ),
    Target(
        name="events that go on",
        parse=_parts,
        errors=(UnitProtocolError,),
        seeds=(_PARTS, _PARTS + _ISAPI[-1], b"\n--a" * 16_000, b"\n--a\nb" * 11_000),
    ),
    Target(
        name="discovery",
        parse=_discovered,
        errors=(UnitProtocolError,),
        seeds=(
            answer(
                "urn:uuid:1",
                match(
                    XAddrs="http://10.0.0.1:80/a http://[::1]/",
                    Scopes="onvif://www.onvif.org/name/a%20b",
                ),
            ),
            b"<a><Bye/></a>",
        ),
    ),
    Target(
        name="addresses",
        parse=each(_address),
        seeds=lines(
            "rtsp://u:p@10.0.0.1:554/a?b#c",
            "[::1]:80",
            "https://a.b:8443",
            "rtsp://[::1",
            "rec1_" + _NUMBER,
        ),
    ),
    structured(
        "addresses, part by part",
        st.from_regex(r"(rtsps?|http)://\[?[\w.:%@]{0,20}\]?(:\d{0,9})?/\S*"),
        _address,
    ),
)
