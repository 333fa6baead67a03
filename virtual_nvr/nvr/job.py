"""The recording jobs of the Recording Control service: what is recorded into which recording."""

from dataclasses import dataclass

from lxml.etree import _Element as Element

from .director import Director
from .faults import Fault, invalid
from .media import profile_token
from .recording import find_recording
from .service import Answer, Provider, operation
from .state import VIDEO_TRACK, Job, JobMode, State
from .xml import Node, element

_RECEIVER = "http://www.onvif.org/ver10/schema/Receiver"
_PROFILE = "http://www.onvif.org/ver10/schema/Profile"
_SOURCE_TAG = "video"


class Jobs(Provider):
    """Makes, changes and tells recording jobs."""

    prefix = "trc"

    def __init__(self, state: State, director: Director, *, receiver: bool) -> None:
        """Offer the operations.

        Args:
            state: What exists.
            director: Tells what is really recorded.
            receiver: Whether the unit has the Receiver service. One without it has media
                profiles as sources, which do not tell where the cameras are, and no new jobs.
        """
        self._state = state
        self._director = director
        self._receiver = receiver

    @operation("CreateRecordingJob")
    def create_recording_job(self, request: Node) -> Answer:
        """Make a job, with a receiver of its own if asked to."""
        wish = self._read(request)
        self._state.check_room_for_job()
        job = Job(
            token=f"job-{self._state.number()}",
            recording=wish.recording,
            receiver=self._receiver_for(wish),
            mode=wish.mode,
            priority=wish.priority,
            activated=self._state.number(),
        )
        self._state.jobs[job.token] = job
        return [
            element("trc:JobToken", job.token),
            self._told("trc:JobConfiguration", job),
        ]

    @operation("DeleteRecordingJob")
    def delete_recording_job(self, request: Node) -> Answer:
        """Delete a job, and the receiver that was made for it."""
        job = self._asked(request)
        if job.fixed:
            raise invalid("CannotDelete", "This job is part of the unit's set-up")
        del self._state.jobs[job.token]
        self._state.drop_unused_receivers()
        return []

    @operation("GetRecordingJobs")
    def get_recording_jobs(self, _request: Node) -> Answer:
        """Tell every job."""
        return [
            element(
                "trc:JobItem",
                element("tt:JobToken", job.token),
                self._told("tt:JobConfiguration", job),
            )
            for job in self._state.jobs.values()
        ]

    @operation("GetRecordingJobConfiguration")
    def get_recording_job_configuration(self, request: Node) -> Answer:
        """Tell what a job was told."""
        return [self._told("trc:JobConfiguration", self._asked(request))]

    @operation("SetRecordingJobConfiguration")
    def set_recording_job_configuration(self, request: Node) -> Answer:
        """Change all of a job but its recording."""
        job, wish = self._asked(request), self._read(request)
        if wish.recording != job.recording:
            raise _bad("A job can't move to another recording")
        job.receiver = self._receiver_for(wish)
        job.priority = wish.priority
        self._set_mode(job, wish.mode)
        self._state.drop_unused_receivers()
        return [self._told("trc:JobConfiguration", job)]

    @operation("SetRecordingJobMode")
    def set_recording_job_mode(self, request: Node) -> Answer:
        """Start or stop a job."""
        job = self._asked(request)
        try:
            mode = JobMode(request.text("trc:Mode"))
        except ValueError:
            raise invalid("BadMode", "A job is Idle or Active") from None
        self._set_mode(job, mode)
        return []

    @operation("GetRecordingJobState")
    def get_recording_job_state(self, request: Node) -> Answer:
        """Tell whether data really flows."""
        job = self._asked(request)
        state, error = self._director.progress(job)
        track = [
            element("tt:SourceTag", _SOURCE_TAG),
            element("tt:Destination", VIDEO_TRACK),
            *([element("tt:Error", error)] if error else ()),
            element("tt:State", state),
        ]
        return [
            element(
                "trc:State",
                element("tt:RecordingToken", job.recording),
                element("tt:State", state),
                element(
                    "tt:Sources",
                    self._source_token(job),
                    element("tt:State", state),
                    element("tt:Tracks", element("tt:Track", *track)),
                ),
            )
        ]

    def _asked(self, request: Node) -> Job:
        job = self._state.jobs.get(request.text("trc:JobToken"))
        if job is None:
            raise invalid("NoRecordingJob", "There is no such recording job")
        return job

    def _set_mode(self, job: Job, mode: JobMode) -> None:
        job.mode = mode
        if mode is JobMode.ACTIVE:
            job.activated = self._state.number()

    def _read(self, request: Node) -> _Wish:
        configuration = request.child("trc:JobConfiguration")
        recording = find_recording(self._state, configuration.text("tt:RecordingToken"))
        sources = configuration.all("tt:Source")
        if len(sources) != 1:
            raise _bad("A job of this unit has exactly one source")
        try:
            mode = JobMode(configuration.text("tt:Mode"))
        except ValueError:
            raise _bad("A job is Idle or Active") from None
        priority = configuration.integer("tt:Priority")
        if priority < 0:
            raise _bad("A priority is never negative")
        for track in sources[0].all("tt:Tracks"):
            if track.text("tt:Destination") != VIDEO_TRACK:
                raise _bad("A recording of this unit has no such track")
        return _Wish(recording.token, self._chosen_receiver(sources[0]), mode, priority)

    def _chosen_receiver(self, source: Node) -> str | None:
        """Return the receiver that a source names, None where the unit is to make one."""
        if not self._receiver:
            raise _bad("This unit records its own channels only")
        token = source.find("tt:SourceToken")
        if token is None:
            if source.flag("tt:AutoCreateReceiver"):
                return None
            raise _bad("A source names a receiver, or wants one made")
        chosen = token.text("tt:Token")
        if token.attribute("Type") not in {None, _RECEIVER} or chosen not in self._state.receivers:
            raise _bad("There is no such receiver")
        return chosen

    def _receiver_for(self, wish: _Wish) -> str:
        return wish.receiver or self._state.add_receiver(automatic=True).token

    def _told(self, name: str, job: Job) -> Element:
        track = element(
            "tt:Tracks",
            element("tt:SourceTag", _SOURCE_TAG),
            element("tt:Destination", VIDEO_TRACK),
        )
        return element(
            name,
            element("tt:RecordingToken", job.recording),
            element("tt:Mode", job.mode),
            element("tt:Priority", job.priority),
            element("tt:Source", self._source_token(job), track),
        )

    def _source_token(self, job: Job) -> Element:
        if self._receiver:
            token, kind = job.receiver, _RECEIVER
        else:
            token, kind = profile_token(job.recording), _PROFILE
        return element("tt:SourceToken", element("tt:Token", token), attributes={"Type": kind})


@dataclass(frozen=True, slots=True)
class _Wish:
    """A job's configuration as a client wrote it."""

    recording: str
    receiver: str | None
    """None: the unit is to make one."""
    mode: JobMode
    priority: int


def _bad(reason: str) -> Fault:
    return invalid("BadConfiguration", reason)
