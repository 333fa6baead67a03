"""Putting one camera onto a spare, and taking it off again.

The job is made with a receiver of its own (AutoCreateReceiver), so that no interruption leaves a
receiver behind that nothing refers to. One recording serves one camera for good: a track takes
data of one encoding only (ONVIF Recording Control, "Incompatible Stream").
"""

from collections.abc import Container as Holder, Sequence
from datetime import timedelta
from typing import Final

from ...failover.model import Recording
from ...recorder.model import Source
from ..errors import UnitError, UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..model import Place
from ..uris import is_same_stream, with_credentials
from .client import OnvifClient
from .evidence import Witness
from .inventory import Container, Inventory, Job, receivers_of, source_id
from .reading import part, text
from .soap import TokenGoneError
from .wsdl import Service

_PRIORITY: Final = 1
"""The job is its recording's only one; 0 would lose to any other."""
_MAX_NAME = 20
"""Characters that every device takes (Recording Control, "RecordingSourceInformation")."""
_MAX_ADDRESS = 128


class Builder:
    """Creates, configures and deletes; to be used by one task at a time."""

    def __init__(self, client: OnvifClient, witness: Witness) -> None:
        self._client = client
        self._witness = witness
        self._written: dict[str, Source] = {}
        """Last written into each place's receiver: units never tell credentials."""
        self._protocol = ""

    def ready(self, place: Place, inventory: Inventory) -> Job | None:
        """Return the place's job if nothing is left to do but to start it."""
        for container in inventory.held(place.key):
            job = _job_of(inventory, container)
            if job is not None and self._is_configured(place, job, inventory):
                return job
        return None

    async def build(self, place: Place, inventory: Inventory) -> Job:
        """Do whatever is missing between what is there and an idle job for this camera.

        Raises:
            UnitFullError: A limit leaves no room; nothing new is left behind.
            UnitError: As `OnvifClient.call`.
        """
        held = sorted(inventory.held(place.key), key=lambda it: _job_of(inventory, it) is None)
        for spurious in held[1:]:
            await self.remove(spurious, inventory, delete_footage=False)
        if not held:
            token = await self._create_recording(place)
            try:
                return await self._create_job(place, token)
            except UnitError:
                await self._delete("DeleteRecording", RecordingToken=token)
                raise
        container = held[0]
        job = _job_of(inventory, container)
        if job is None:
            await self._delete_jobs(inventory.jobs_of(container), inventory)
            return await self._create_job(place, container.token)
        if not await self._can_stay(place, job, container, inventory):
            await self._configure(place, job.receivers[0])
        return job

    async def remove(
        self, container: Container, inventory: Inventory, *, delete_footage: bool
    ) -> bool:
        """Delete the jobs and receivers of a place, and its recording if it may go.

        Returns whether that made room for anything.

        Raises:
            UnitError: As `OnvifClient.call`; what is gone already is no error.
        """
        jobs = inventory.jobs_of(container)
        await self._delete_jobs(jobs, inventory)
        if container.key is not None:
            self._written.pop(container.key, None)
        footage = await self._witness.footage(container.token)
        may_go = delete_footage or footage.empty is True
        if may_go:
            await self._delete("DeleteRecording", RecordingToken=container.token)
        return may_go or bool(jobs)

    async def tidy(self, inventory: Inventory, wanted: Holder[str]) -> None:
        """Delete what an interruption left: nothing refers to it, and it takes room.

        That are recordings of ours without a job and without footage, but for the places `wanted`,
        and receivers made for jobs that are gone.

        Raises:
            UnitError: As `OnvifClient.call`; what the unit keeps is no error.
        """
        filled = {job.recording for job in inventory.jobs}
        for container in inventory.containers:
            if container.key is None or container.key in wanted or container.token in filled:
                continue
            if (await self._witness.footage(container.token)).empty is True:
                await self._delete("DeleteRecording", RecordingToken=container.token)
        used = {token for job in inventory.jobs for token in job.receivers}
        for token in inventory.receivers.keys() - used:
            if await self._is_automatic(token):
                await self._delete_receiver(token)

    async def _is_automatic(self, receiver: str) -> bool:
        """Whether a receiver was made for a job (onvif.xsd, ReceiverStateInformation)."""
        try:
            told = await self._client.call(
                Service.RECEIVER, "GetReceiverState", ReceiverToken=receiver
            )
        except UnitRequestError, UnitUnsupportedError:
            return False
        return part(told, "AutoCreated") is True

    async def _create_recording(self, place: Place) -> str:
        uri = place.source.uri
        token = await self._client.call(
            Service.RECORDING,
            "CreateRecording",
            RecordingConfiguration={
                "Source": {
                    "SourceId": source_id(place.key),
                    "Name": place.name[:_MAX_NAME],
                    "Location": "",
                    "Description": "",
                    "Address": uri if len(uri) <= _MAX_ADDRESS else "",
                },
                "Content": "",
                "MaximumRetentionTime": timedelta(0),  # for as long as there is room
            },
        )
        if not text(token):
            raise UnitProtocolError("A recording was created without a token")
        return text(token)

    async def _create_job(self, place: Place, recording: str) -> Job:
        told = await self._client.call(
            Service.RECORDING,
            "CreateRecordingJob",
            JobConfiguration={
                "RecordingToken": recording,
                "Mode": "Idle",
                "Priority": _PRIORITY,
                "Source": [{"AutoCreateReceiver": True}],
            },
        )
        token, receivers = text(told, "JobToken"), receivers_of(part(told, "JobConfiguration"))
        if not token or not receivers:
            raise UnitProtocolError("A job was created without a receiver")
        await self._configure(place, receivers[0])
        return Job(
            token=token,
            recording=recording,
            active=False,
            priority=_PRIORITY,
            receivers=receivers,
            conditional=False,
        )

    async def _configure(self, place: Place, receiver: str) -> None:
        await self._client.call(
            Service.RECEIVER,
            "ConfigureReceiver",
            ReceiverToken=receiver,
            Configuration={
                "Mode": "AutoConnect",
                "MediaUri": with_credentials(place.source),
                "StreamSetup": {
                    "Stream": "RTP-Unicast",
                    "Transport": {"Protocol": await self._stream_protocol()},
                },
            },
        )
        self._written[place.key] = place.source

    async def _stream_protocol(self) -> str:
        """Return "RTSP", which is RTP over RTSP over TCP, where the unit can (Receiver service)."""
        if not self._protocol:
            told = await self._client.call(Service.RECEIVER, "GetServiceCapabilities")
            can = part(told, "RTP_RTSP_TCP")
            self._protocol = "RTSP" if can else "UDP"
        return self._protocol

    async def _can_stay(
        self, place: Place, job: Job, container: Container, inventory: Inventory
    ) -> bool:
        """Whether the receiver may be left alone: it is right, or it works as it is."""
        if self._is_configured(place, job, inventory):
            return True
        if place.key in self._written or not job.active or not _fetches(place, job, inventory):
            return False
        findings = await self._witness.examine(inventory, [container])
        return findings[container.token].recording is not Recording.NO

    def _is_configured(self, place: Place, job: Job, inventory: Inventory) -> bool:
        written = self._written.get(place.key) == place.source
        return written and _fetches(place, job, inventory)

    async def _delete_jobs(self, jobs: Sequence[Job], inventory: Inventory) -> None:
        for job in jobs:
            await self._delete("DeleteRecordingJob", JobToken=job.token)
        gone = {job.token for job in jobs}
        used = {it for job in inventory.jobs if job.token not in gone for it in job.receivers}
        for token in {it for job in jobs for it in job.receivers} - used:
            await self._delete_receiver(token)

    async def _delete_receiver(self, token: str) -> None:
        try:
            await self._client.call(Service.RECEIVER, "DeleteReceiver", ReceiverToken=token)
        except UnitRequestError, UnitUnsupportedError:
            return  # as it should be: it went with its job

    async def _delete(self, operation: str, **token: str) -> None:
        try:
            await self._client.call(Service.RECORDING, operation, **token)
        except TokenGoneError:
            return


def _job_of(inventory: Inventory, container: Container) -> Job | None:
    """Return a recording's job if it is one as this module makes them."""
    jobs = inventory.jobs_of(container)
    if len(jobs) == 1 and len(jobs[0].receivers) == 1:
        return jobs[0] if jobs[0].receivers[0] in inventory.receivers else None
    return None


def _fetches(place: Place, job: Job, inventory: Inventory) -> bool:
    """Whether the job's receiver has the camera's address."""
    receiver = inventory.receivers[job.receivers[0]]
    return (
        receiver.automatic
        and receiver.uri is not None
        and is_same_stream(receiver.uri, place.source.uri)
    )
