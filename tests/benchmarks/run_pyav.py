"""A process that records all cameras of a site file with PyAV, a thread for each.

Usage: python -m tests.benchmarks.run_pyav SITE_FILE FOLDER
"""

import json
from pathlib import Path
import signal
import sys
from threading import Event, Thread
from urllib.parse import quote

import av


def _record(uri: str, path: Path, stop: Event) -> None:
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with (
        av.open(uri, options={"rtsp_transport": "tcp"}) as source,
        av.open(str(path), "w", format="mp4", options=options) as target,
    ):
        outputs = {
            stream: target.add_stream_from_template(stream)
            for stream in (*source.streams.video, *source.streams.audio)
        }
        for packet in source.demux(*outputs):
            if stop.is_set():
                break
            if packet.dts is not None:  # what libav sends at the end, and before the first report
                packet.stream = outputs[packet.stream]
                target.mux(packet)


def main() -> None:
    """Record until SIGTERM."""
    site_file, folder = Path(sys.argv[1]), Path(sys.argv[2])
    site, stop = json.loads(site_file.read_text()), Event()
    account = f"{quote(site['username'])}:{quote(site['password'])}@"
    threads = [
        Thread(
            target=_record,
            args=(uri.replace("://", f"://{account}"), folder / f"{number}.mp4", stop),
        )
        for number, uri in site["uris"].items()
    ]
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    for thread in threads:
        thread.start()
    print("{}", flush=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
