"""A client of ONVIF replay that nobody here wrote: GStreamer's. Run it with the system's Python.

Usage: /usr/bin/python3 gstreamer_replay.py URI
Plays a recording as fast as it comes, from its beginning to its terminal frame, and prints of each
access unit, as a line of JSON, what the header extension says to GStreamer: when it was captured
in nanoseconds since 1900, whether decoding can begin there, and whether there is a discontinuity.
"""

import json
import sys

import gi  # type: ignore[import-not-found]  # of Debian, for the system's Python

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # type: ignore[import-not-found]  # noqa: E402 (the version is first)

PIPELINE = (
    "rtspsrc location={} protocols=tcp onvif-mode=true onvif-rate-control=false"
    " ! rtponvifparse ! appsink name=sink sync=false emit-signals=true"
)
LONGEST = 20
"""Seconds."""
STAMPED = 10**18
"""Packets without the extension have times that begin with 0."""


def main(uri: str) -> int:
    """Play to the end; 1 if there is none."""
    Gst.init(None)
    pipeline = Gst.parse_launch(PIPELINE.format(uri))

    def take(sink: Gst.Element) -> Gst.FlowReturn:
        buffer = sink.emit("pull-sample").get_buffer()
        flags = [
            not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT),
            buffer.has_flags(Gst.BufferFlags.DISCONT),
        ]
        if buffer.pts > STAMPED:
            print(json.dumps([buffer.pts, *flags]))  # noqa: T201 (this is its answer)
        return Gst.FlowReturn.OK

    pipeline.get_by_name("sink").connect("new-sample", take)
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(LONGEST * Gst.SECOND, ends)
    pipeline.set_state(Gst.State.NULL)
    return int(message is None or message.type != Gst.MessageType.EOS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
