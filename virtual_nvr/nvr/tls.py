"""The certificate of a recorder that speaks HTTPS: nobody but the recorder vouches for it."""

from pathlib import Path
import ssl

from custom_components.nvr_hotspare.recorder.remote.certificate import self_signed
from custom_components.nvr_hotspare.recorder.remote.private_file import write_private

CERTIFICATE = "certificate.pem"
"""In the recorder's folder, with its key; without it the recorder makes a new one."""


def context(folder: Path) -> ssl.SSLContext:
    """Return what serves with the recorder's certificate, made if there is none.

    Raises:
        OSError: It can't be read, or made.
    """
    path = folder / CERTIFICATE
    if not path.exists():
        write_private(path, self_signed("Virtual NVR"))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    return made
