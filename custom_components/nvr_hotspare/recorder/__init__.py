"""The media engine: RTSP in, fragmented MP4 on disk. It knows nothing of Home Assistant."""
