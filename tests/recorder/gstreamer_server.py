"""A camera that nobody here wrote: GStreamer's RTSP server. Run it with the system's Python.

Usage: /usr/bin/python3 gstreamer_server.py [--udp] PATH=PIPELINE ...
Each pipeline is served under its path, over UDP alone if wanted; the port is the only line of its
output.
"""

import sys

import gi  # type: ignore[import-not-found]  # of Debian, for the system's Python

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import (  # type: ignore[import-not-found]  # noqa: E402 (versions come first)
    GLib,
    Gst,
    GstRtsp,
    GstRtspServer,
)


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    mounts = server.get_mount_points()
    udp_only = arguments[:1] == ["--udp"]
    for argument in arguments[udp_only:]:
        path, _, pipeline = argument.partition("=")
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch("( " + pipeline + " )")
        if udp_only:
            factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
        mounts.add_factory(path, factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 (this is its answer)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(sys.argv[1:])
