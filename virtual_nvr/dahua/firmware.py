"""In what one firmware differs from another: each switch is a difference seen in the wild."""

from dataclasses import dataclass

JSON_API = 0
"""The JSON API is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DahuaFirmware:
    """How a virtual Dahua recorder behaves; what is left out is what most do."""

    json_api: int = JSON_API
    """0, or the HTTP status with which a firmware without it answers: 400, 404 or 501."""
    tells_recording: bool = True
    """Whether the JSON API has recordManager/getStateAll."""
    protocols: str = "Private Onvif General"
    """Protocols of cameras that it knows; General is any RTSP address."""
    failed_code: int = 0
    """What addCameraByGroup says within its 200, of every camera; it adds none then."""
    error_in_ok: bool = False
    """Whether setConfig answers a wrong request with 200 and "Error" instead of 400."""
    forgets_names: bool = False
    """Whether it calls a camera what the camera calls itself, once it has logged in."""
    masks_passwords: bool = True
    """Whether getConfig shows passwords as asterisks; older ones show them as they are."""
    keeps_deleted: bool = False
    """Whether a deleted camera stays in the table, only disabled."""
    line_end: str = "\r\n"
    utc_offset: int = 0
    """Seconds by which its local time is ahead of UTC: all the times it tells are local."""
    tells_utc_offset: bool = False
    """Whether it says so of each file it finds."""
    nothing_is_error: bool = True
    """Whether a search that finds nothing is answered with 400; others tell of no files."""
    lists_open_file: bool = True
    """Whether the file that is being written is found."""
    file_seconds: int = 3600
    """How long a file is at most."""
    answers_from_one: bool = False
    """Whether it counts the channels of what it finds from one, as it does those of searches."""
    finders: int = 4
    """Searches that may be open at a time; one that is not destroyed stays open for good."""
    login_seconds: float = 0.0
    """Between adding or enabling a camera and its first frame."""
    onvif_replay: bool = True
    """Whether playback knows `Require: onvif-replay`, and so tells when frames were captured."""
    wrong_zone: int = 0
    """Seconds by which what it takes for UTC is ahead of it, because its time zone is wrong."""
    sends_heartbeats: bool = True
    """Whether eventManager sends the heartbeats that it is asked for."""
    meddles_at: int = 0
    """The port of ONVIF at which it sets the time and the encoding of cameras that it adds; 0 where
    it leaves them as they are."""
    closes_connections: bool = False
    """Whether it closes the connection after each answer."""
