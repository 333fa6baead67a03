"""A recorder that nobody here wrote: GStreamer's ONVIF server. Run it with the system's Python.

Usage: /usr/bin/python3 gstreamer_replay_server.py PIPELINE
What is replayed under /recording is whatever the pipeline has at the time asked for, which it is
told in nanoseconds since 1900; the port is the only line of its output.
"""

import sys

import gi  # type: ignore[import-not-found]  # of Debian, for the system's Python

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import (  # type: ignore[import-not-found]  # noqa: E402 (versions come first)
    GLib,
    Gst,
    GstRtspServer,
)


def main(pipeline: str) -> None:
    """Serve until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPOnvifServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPOnvifMediaFactory.new()
    factory.set_media_gtype(GstRtspServer.RTSPOnvifMedia.__gtype__)
    factory.set_replay_support(True)
    factory.set_launch("( " + pipeline + " )")
    server.get_mount_points().add_factory("/recording", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 (this is its answer)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(sys.argv[1])
