"""The recordings of the Recording Control service: the containers that jobs fill."""

from dataclasses import astuple
import re
from typing import override

from lxml.etree import _Element as Element

from .director import Director
from .faults import invalid, unsupported
from .service import Answer, Service, operation
from .state import VIDEO_TRACK, Labels, Recording, State
from .xml import Node, element

_MAX_TEXT = 1024
"""Longest text of a recording's configuration, in octets."""
_MAX_NAME = 64
"""Longest name, in characters (onvif.xsd, tt:Name)."""
_DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")


class RecordingService(Service):
    """Makes, changes and tells recordings; `job.Jobs` has the service's other half."""

    prefix = "trc"
    path = "/onvif/recording_service"
    version = (2, 4)

    def __init__(self, state: State, director: Director, *, dynamic: bool, receiver: bool) -> None:
        """Offer the service.

        Args:
            state: What exists.
            director: Told which footage to delete.
            dynamic: Whether recordings can be created and deleted.
            receiver: Whether the unit has the Receiver service, and so tells where its cameras
                are.
        """
        self._state = state
        self._director = director
        self._dynamic = dynamic
        self._receiver = receiver

    @override
    def capabilities(self) -> Element:
        limits = self._state.limits
        rates = {"MaxRate": limits.camera_rate, "MaxTotalRate": limits.total_rate}
        return element(
            "trc:Capabilities",
            attributes={
                "DynamicRecordings": self._dynamic,
                "DynamicTracks": False,
                "Encoding": "H264",
                **{name: rate for name, rate in rates.items() if rate},
                "MaxRecordings": limits.recordings,
                "MaxRecordingJobs": limits.jobs,
                "Options": True,
            },
        )

    @override
    def category(self, address: str) -> Element:
        return element(
            "tt:Recording",
            element("tt:XAddr", address),
            element("tt:ReceiverSource", self._receiver),
            element("tt:MediaProfileSource", not self._receiver),
            element("tt:DynamicRecordings", self._dynamic),
            element("tt:DynamicTracks", "false"),
            element("tt:MaxStringLength", _MAX_TEXT),
        )

    @operation("CreateRecording")
    def create_recording(self, request: Node) -> Answer:
        """Make an empty recording."""
        self._check_dynamic()
        recording = self._state.add_recording(_labels(request))
        return [element("trc:RecordingToken", recording.token)]

    @operation("DeleteRecording")
    def delete_recording(self, request: Node) -> Answer:
        """Delete a recording with its footage, its jobs and the receivers made for them."""
        self._check_dynamic()
        recording = self._asked(request)
        if recording.fixed:
            raise invalid("CannotDelete", "This recording is part of the unit's set-up")
        for job in list(self._state.jobs_of(recording.token)):
            del self._state.jobs[job.token]
        self._state.drop_unused_receivers()
        del self._state.recordings[recording.token]
        self._director.discard(recording.token)
        return []

    @operation("GetRecordings")
    def get_recordings(self, _request: Node) -> Answer:
        """Tell every recording."""
        return [
            element(
                "trc:RecordingItem",
                element("tt:RecordingToken", recording.token),
                self._told("tt:Configuration", recording),
                element("tt:Tracks", _track()),
            )
            for recording in self._state.recordings.values()
        ]

    @operation("GetRecordingConfiguration")
    def get_recording_configuration(self, request: Node) -> Answer:
        """Tell what a recording is of."""
        return [self._told("trc:RecordingConfiguration", self._asked(request))]

    @operation("SetRecordingConfiguration")
    def set_recording_configuration(self, request: Node) -> Answer:
        """Change what a recording says it is of."""
        self._asked(request).labels = _labels(request)
        return []

    @operation("GetRecordingOptions")
    def get_recording_options(self, request: Node) -> Answer:
        """Tell how many jobs may still be added, and with which sources."""
        self._asked(request)
        spare = self._state.limits.jobs - len(self._state.jobs)
        job: dict[str, str | int | bool] = {"Spare": spare}
        if self._receiver:
            job["CompatibleSources"] = " ".join(self._state.receivers)
        return [
            element(
                "trc:Options",
                element("trc:Job", attributes=job),
                element("trc:Track", attributes={"SpareTotal": 0}),
            )
        ]

    def _told(self, name: str, recording: Recording) -> Element:
        return element(
            name,
            source_information(recording.labels, with_address=self._receiver),
            element("tt:Content", recording.labels.content),
            element("tt:MaximumRetentionTime", recording.labels.retention),
        )

    def _asked(self, request: Node) -> Recording:
        return find_recording(self._state, request.text("trc:RecordingToken"))

    def _check_dynamic(self) -> None:
        if not self._dynamic:
            raise unsupported("This unit's recordings are fixed", "NotImplemented")


def find_recording(state: State, token: str) -> Recording:
    """Return a recording; a fault where there is none of this token."""
    recording = state.recordings.get(token)
    if recording is None:
        raise invalid("NoRecording", "There is no such recording")
    return recording


def source_information(labels: Labels, *, with_address: bool) -> Element:
    """Tell what a recording is of."""
    return element(
        "tt:Source",
        element("tt:SourceId", labels.source_id),
        element("tt:Name", labels.name),
        element("tt:Location", labels.location),
        element("tt:Description", labels.description),
        element("tt:Address", labels.address if with_address else ""),
    )


def _labels(request: Node) -> Labels:
    configuration = request.child("trc:RecordingConfiguration")
    source = configuration.child("tt:Source")
    labels = Labels(
        source_id=source.text("tt:SourceId"),
        name=source.text("tt:Name"),
        location=source.text("tt:Location"),
        description=source.text("tt:Description"),
        address=source.text("tt:Address"),
        content=configuration.text("tt:Content"),
        retention=configuration.text("tt:MaximumRetentionTime"),
    )
    if len(labels.name) > _MAX_NAME:
        raise invalid("BadConfiguration", f"Name is longer than {_MAX_NAME} characters")
    if any(len(text.encode()) > _MAX_TEXT for text in astuple(labels)):
        raise invalid("BadConfiguration", f"A text is longer than {_MAX_TEXT} octets")
    if not _DURATION.fullmatch(labels.retention):
        raise invalid("BadConfiguration", "MaximumRetentionTime is no duration")
    return labels


def _track() -> Element:
    return element(
        "tt:Track",
        element("tt:TrackToken", VIDEO_TRACK),
        element(
            "tt:Configuration", element("tt:TrackType", "Video"), element("tt:Description", "")
        ),
    )
