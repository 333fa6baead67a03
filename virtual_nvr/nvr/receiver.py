"""The Receiver service: RTSP clients of the recorder, which jobs use (ONVIF Receiver)."""

from dataclasses import dataclass, field
from typing import Self, override
from urllib.parse import unquote, urlsplit, urlunsplit

from lxml.etree import _Element as Element

from .director import Director
from .faults import Fault, invalid
from .service import Answer, Service, operation
from .state import Receiver, ReceiverMode, State
from .xml import Node, element

MAX_URI = 255
"""Longest address of a stream, in octets."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """A receiver's configuration as a client wrote it."""

    mode: ReceiverMode
    uri: str
    username: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, request: Node) -> Self:
        configuration = request.child("trv:Configuration")
        setup = configuration.child("tt:StreamSetup")
        if (
            setup.text("tt:Stream") != "RTP-Unicast"
            or setup.child("tt:Transport").text("tt:Protocol") != "RTSP"
        ):
            raise _bad("Only RTP unicast over RTSP over TCP is supported")
        uri, username, password = _split(configuration.text("tt:MediaUri"))
        return cls(_mode(configuration.text("tt:Mode")), uri, username, password)

    def put_into(self, receiver: Receiver) -> None:
        receiver.mode = self.mode
        receiver.uri = self.uri
        receiver.username = self.username
        receiver.password = self.password


class ReceiverService(Service):
    """Makes, changes and tells receivers."""

    prefix = "trv"
    path = "/onvif/receiver_service"
    version = (2, 1)

    def __init__(self, state: State, director: Director) -> None:
        self._state = state
        self._director = director

    @override
    def capabilities(self) -> Element:
        return element(
            "trv:Capabilities",
            attributes={
                "RTP_Multicast": False,
                "RTP_TCP": False,
                "RTP_RTSP_TCP": True,
                "SupportedReceivers": self._state.limits.receivers,
                "MaximumRTSPURILength": MAX_URI,
            },
        )

    @override
    def category(self, address: str) -> Element:
        return element(
            "tt:Receiver",
            element("tt:XAddr", address),
            element("tt:RTP_Multicast", "false"),
            element("tt:RTP_TCP", "false"),
            element("tt:RTP_RTSP_TCP", "true"),
            element("tt:SupportedReceivers", self._state.limits.receivers),
            element("tt:MaximumRTSPURILength", MAX_URI),
        )

    @operation("GetReceivers")
    def get_receivers(self, _request: Node) -> Answer:
        """Tell every receiver."""
        return [_told("trv:Receivers", receiver) for receiver in self._state.receivers.values()]

    @operation("GetReceiver")
    def get_receiver(self, request: Node) -> Answer:
        """Tell one receiver."""
        return [_told("trv:Receiver", self._asked(request))]

    @operation("CreateReceiver")
    def create_receiver(self, request: Node) -> Answer:
        """Make a receiver."""
        settings = _Settings.of(request)
        receiver = self._state.add_receiver()
        settings.put_into(receiver)
        return [_told("trv:Receiver", receiver)]

    @operation("DeleteReceiver")
    def delete_receiver(self, request: Node) -> Answer:
        """Delete a receiver that no job uses."""
        receiver = self._asked(request)
        if any(job.receiver == receiver.token for job in self._state.jobs.values()):
            raise invalid("CannotDeleteReceiver", "A recording job uses this receiver")
        del self._state.receivers[receiver.token]
        return []

    @operation("ConfigureReceiver")
    def configure_receiver(self, request: Node) -> Answer:
        """Change a receiver; credentials that the new address lacks are forgotten."""
        receiver = self._asked(request)
        _Settings.of(request).put_into(receiver)
        return []

    @operation("SetReceiverMode")
    def set_receiver_mode(self, request: Node) -> Answer:
        """Change when a receiver connects."""
        receiver = self._asked(request)
        receiver.mode = _mode(request.text("trv:Mode"))
        return []

    @operation("GetReceiverState")
    def get_receiver_state(self, request: Node) -> Answer:
        """Tell whether a receiver is connected."""
        receiver = self._asked(request)
        return [
            element(
                "trv:ReceiverState",
                element("tt:State", self._director.connection(receiver)),
                element("tt:AutoCreated", receiver.automatic),
            )
        ]

    def _asked(self, request: Node) -> Receiver:
        receiver = self._state.receivers.get(request.text("trv:ReceiverToken"))
        if receiver is None:
            raise invalid("UnknownToken", "There is no such receiver")
        return receiver


def _told(name: str, receiver: Receiver) -> Element:
    transport = element("tt:Transport", element("tt:Protocol", "RTSP"))
    return element(
        name,
        element("tt:Token", receiver.token),
        element(
            "tt:Configuration",
            element("tt:Mode", receiver.mode),
            element("tt:MediaUri", receiver.uri),
            element("tt:StreamSetup", element("tt:Stream", "RTP-Unicast"), transport),
        ),
    )


def _mode(text: str) -> ReceiverMode:
    try:
        return ReceiverMode(text)
    except ValueError:
        raise _bad("A receiver of this unit connects automatically or never") from None


def _split(uri: str) -> tuple[str, str, str]:
    """Take the credentials out of an RTSP URI: the address, the user name, the password."""
    wrong = _bad(f"MediaUri is no RTSP URI of at most {MAX_URI} octets")
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme != "rtsp" or not host or len(uri.encode()) > MAX_URI:
        raise wrong
    address = f"[{host}]" if ":" in host else host
    netloc = address if port is None else f"{address}:{port}"
    return (
        urlunsplit(parts._replace(netloc=netloc)),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def _bad(reason: str) -> Fault:
    return invalid("BadConfiguration", reason)
