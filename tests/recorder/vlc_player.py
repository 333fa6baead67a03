"""Plays a file with VLC's library, unseen and unheard, and tells what VLC made of it. A program.

(VLC's own programs refuse to run as root, which tests in containers do.)

Usage: python3 vlc_player.py FILE
Its answer is a line of JSON: how playing ended, and VLC's statistics.
"""

import ctypes
import json
import sys
import time

_LIBRARY = "libvlc.so.5"
_PLAYING = {0, 1, 2, 3, 4}
"""States of a player that has not come to an end (libvlc_state_t)."""
_ENDED = 6
_RATE = 1.0
_LONGEST = 60.0


class Statistics(ctypes.Structure):
    """libvlc_media_stats_t of VLC 3."""

    _fields_ = (
        ("read_bytes", ctypes.c_int),
        ("input_bitrate", ctypes.c_float),
        ("demux_read_bytes", ctypes.c_int),
        ("demux_bitrate", ctypes.c_float),
        ("demux_corrupted", ctypes.c_int),
        ("demux_discontinuity", ctypes.c_int),
        ("decoded_video", ctypes.c_int),
        ("decoded_audio", ctypes.c_int),
        ("displayed_pictures", ctypes.c_int),
        ("lost_pictures", ctypes.c_int),
        ("played_audio", ctypes.c_int),
        ("lost_audio", ctypes.c_int),
        ("sent_packets", ctypes.c_int),
        ("sent_bytes", ctypes.c_int),
        ("send_bitrate", ctypes.c_float),
    )


def play(path: str) -> dict[str, int | bool]:
    """Play a file to its end and return what VLC counted."""
    vlc = ctypes.CDLL(_LIBRARY)
    vlc.libvlc_media_player_get_length.restype = ctypes.c_int64
    for name in ("libvlc_new", "libvlc_media_new_path", "libvlc_media_player_new_from_media"):
        getattr(vlc, name).restype = ctypes.c_void_p
    options = ["--vout=vdummy", "--aout=adummy", "--no-drop-late-frames", "--no-skip-frames"]
    options += ["--intf=dummy", "--avcodec-threads=1", "--quiet"]
    arguments = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    library = ctypes.c_void_p(vlc.libvlc_new(len(options), arguments))
    media = ctypes.c_void_p(vlc.libvlc_media_new_path(library, path.encode()))
    player = ctypes.c_void_p(vlc.libvlc_media_player_new_from_media(media))
    vlc.libvlc_media_player_play(player)
    vlc.libvlc_media_player_set_rate(player, ctypes.c_float(_RATE))
    until = time.monotonic() + _LONGEST
    state = length = 0
    while state in _PLAYING and time.monotonic() < until:
        time.sleep(0.05)
        state = vlc.libvlc_media_player_get_state(player)
        length = max(length, vlc.libvlc_media_player_get_length(player))
    statistics = Statistics()
    vlc.libvlc_media_get_stats(media, ctypes.byref(statistics))
    return {
        "ended": state == _ENDED,
        "pictures": statistics.decoded_video // 2,  # counted where they are taken apart too
        "sounds": statistics.decoded_audio // 2,
        "lost": statistics.lost_pictures,
        "corrupted": statistics.demux_corrupted + statistics.demux_discontinuity,
        "milliseconds": length,
    }


if __name__ == "__main__":
    print(json.dumps(play(sys.argv[1])))  # noqa: T201 (this is its answer)
