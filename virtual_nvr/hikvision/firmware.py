"""In what one firmware differs from another: each switch is a difference seen in the wild.

Where no public source shows how something looks (the body of a custom protocol), it is a guess, and
said there.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HikvisionFirmware:
    """How a virtual Hikvision recorder behaves; what is left out is what most do."""

    namespace: str = "http://www.hikvision.com/ver20/XMLSchema"
    """Of all that it says; isapi.org and std-cgi.com are seen too."""
    working_status: str = "list"
    """How `workingstatus` is told: a "list", "wrapped" in one more object, "xml" whatever format
    was asked for, or not at all: "none"."""
    wrong_sizes: bool = False
    """Whether the size that lists say they have is wrong."""
    rejects_names: bool = False
    """Whether a channel that is changed must not have a name."""
    forgets_what_is_missing: bool = True
    """Whether a channel that is changed loses what is not said again, its password among it."""
    adds_nothing: str = ""
    """The subStatusCode with which adding a camera is refused, within an HTTP 200."""
    pretends: bool = False
    """Whether it confirms what it does not do."""
    assigns_ids: bool = False
    """Whether it puts a new camera on a channel of its own choice."""
    local_times: bool = False
    """Whether times that end in Z are local ones."""
    utc_offset: int = 0
    """Seconds by which its local time is ahead of UTC."""
    misspells_position: bool = True
    """Whether a search knows only searchResultPostion; others know only the right spelling."""
    track_list: str = "trackList"
    """Or trackIDList."""
    most_matches: int = 40
    """Files that a search tells at a time."""
    file_seconds: int = 3600
    """How long a file is at most."""
    lists_open_file: bool = True
    """Whether the file that is being written is found."""
    spare: bool = False
    """Whether it can be a hot spare by itself, and says so."""
    keep_alive: str = "videoloss"
    """What the event stream says while nothing happens: "videoloss", "heartBeat", or nothing."""
    keep_alive_seconds: float = 10.0
    custom_protocols: int = 16
    """How many addresses of RTSP streams it knows beside the protocols of vendors."""
    login_seconds: float = 0.0
    """Between adding a camera and its first frame."""
    records_new_cameras: bool = False
    """Whether a camera is recorded as soon as it is there."""
    camera_rtsp_port: int = 554
    """Where cameras that are not added by a custom protocol show what they show; a real one asks
    them."""
    rejected_protocol: str = ""
    """By which cameras do not accept the account that their streams have."""
    onvif_replay: bool = True
    """Whether playback knows `Require: onvif-replay`, and so tells when frames were captured."""
    meddles_at: int = 0
    """The port of ONVIF at which it sets the time and the encoding of cameras that it adds; 0 where
    it leaves them as they are."""
    closes_connections: bool = False
    """Whether it closes the connection after each answer."""
