"""NTP timestamps (RFC 5905, section 6): how RTCP and MP4 files write absolute times."""

_UNIX_EPOCH = 2_208_988_800
"""Seconds from NTP's first epoch, 1900, to 1970."""
_ERA = 1 << 32
_BILLION = 1_000_000_000


def to_ntp(time: int) -> int:
    """Return nanoseconds since 1970 UTC as a 64-bit NTP timestamp, which wraps in 2036."""
    seconds, nanoseconds = divmod(time, _BILLION)
    fraction = ((nanoseconds << 32) + _BILLION // 2) // _BILLION
    return (((seconds + _UNIX_EPOCH) << 32) + fraction) % (_ERA << 32)


def from_ntp(timestamp: int) -> int:
    """Return a 64-bit NTP timestamp as nanoseconds since 1970 UTC.

    The timestamp does not tell its era: it is taken to be between 1968 and 2104, as RFC 4330
    (section 3) has it. `from_ntp(to_ntp(time))` is `time` again, to the nanosecond.
    """
    seconds, fraction = divmod(timestamp, _ERA)
    if seconds < _ERA // 2:
        seconds += _ERA
    return (seconds - _UNIX_EPOCH) * _BILLION + ((fraction * _BILLION + (1 << 31)) >> 32)
