"""RTSP 1.0 (RFC 2326): messages, session descriptions, a client and a server."""
