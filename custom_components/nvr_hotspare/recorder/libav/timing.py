"""When what a reader passes on was captured."""

from ..ntp import to_ntp
from ..rtp.clock import CaptureClock
from ..rtp.packet import SenderReport
from .messages import Packet

_WRAP = 0xFFFFFFFF


def capture(clock: CaptureClock, packet: Packet, arrival: int) -> tuple[int, int]:
    """Return ticks and capture time of a packet, as a clock has them for the engine's client.

    Where the camera sends RTCP sender reports, libav says of each packet when it was captured by
    them (its "producer reference time"). That is told to the clock as a report about this very
    packet. Before the first report, and of cameras that send none, the arrival counts.
    """
    timestamp = packet.ticks & _WRAP
    if packet.captured:
        clock.report(SenderReport(to_ntp(packet.captured), timestamp), arrival)
    return clock.capture(timestamp, arrival)
