"""What can go wrong between a camera and the disk."""


class RecorderError(Exception):
    """Any failure of the engine; its text never holds a secret."""


class SourceError(RecorderError):
    """The camera's stream can't be had."""


class SourceUnreachableError(SourceError):
    """Nothing answers at the camera's address, or not in time."""


class SourceRejectedError(SourceError):
    """The camera does not accept the credentials."""


class SourceNotFoundError(SourceError):
    """The camera has no stream of that path."""


class SourceBusyError(SourceError):
    """The camera gives no further stream (RTSP 453 or 503)."""


class SourceProtocolError(SourceError):
    """The answer is not RTSP, breaks its rules, or is larger than any camera's."""


class SourceRedirectedError(SourceProtocolError):
    """The camera sends the engine elsewhere, where it has no business going."""


class SourceUnsupportedError(SourceError):
    """The camera offers no stream that the engine can record."""


class SourceLostError(SourceError):
    """A recorder that played its footage stopped before the end."""


class SourceInvalidError(SourceUnsupportedError):
    """The source is not the address of a camera."""


class FootageError(RecorderError):
    """What stands on the disk can't be used."""


class DamagedFootageError(FootageError):
    """A file breaks the rules of MP4, is larger than any of ours, or not one of ours."""


class EmptyFootageError(FootageError):
    """A file ends before its first fragment, as one that was opened just now does."""


class ArchiveError(FootageError):
    """A channel's name can't be the name of a folder."""


class MessageError(RecorderError):
    """A peer says what is no message, or none of this protocol."""

    def __init__(self, text: str, number: int | None = None) -> None:
        """Say what is wrong, and with which request if that much was understood."""
        super().__init__(text)
        self.number = number


class EngineGoneError(RecorderError):
    """No engine answers, or it does no longer."""


class EngineAbsentError(EngineGoneError):
    """No engine runs there."""


class RequestError(RecorderError):
    """The engine understood a request and would not do it; the text is its reason."""


class EngineBusyError(RecorderError):
    """Another engine works in the same place, or another client gives this one its orders."""


class EngineTakenError(EngineBusyError):
    """The engine on another machine stands in for another group."""


class EngineKeyError(RecorderError):
    """The engine on another machine does not accept the key of its pairing."""


class EngineImpostorError(EngineKeyError):
    """Another engine answers than the one that was paired; it was told nothing."""


class PairingCodeError(RecorderError):
    """The pairing code is wrong, or can't be one."""


class PairingPauseError(RecorderError):
    """No pairing code counts until some seconds have passed."""

    def __init__(self, text: str, seconds: int) -> None:
        """Say why, and how long that takes."""
        super().__init__(text)
        self.seconds = seconds
