"""Reads the numbers of a few bits that parameter sets consist of."""

import re

MAX_SIZE = 1024
"""Bytes of a parameter set that are believed; cameras send 10 to 60."""
_EMULATION = re.compile(rb"\x00\x00\x03")
_LONGEST_CODE = 32


def of_nal_unit(payload: bytes) -> Bits:
    """Return the bits of a NAL unit after its head, emulation prevention taken out."""
    return Bits(without_emulation(payload[:MAX_SIZE]))


def without_emulation(payload: bytes) -> bytes:
    """Return the payload of a NAL unit without the bytes that keep start codes out of it."""
    return _EMULATION.sub(b"\x00\x00", payload)


class Bits:
    """A position in a run of bits. All methods raise ValueError beyond the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        """Read an unsigned number of so many bits."""
        if count > self._left:
            raise ValueError("The parameter set is cut off.")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """Read an unsigned Exp-Golomb code (ITU-T H.264 and H.265, section 9.1 and 9.2)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > _LONGEST_CODE:
                raise ValueError("A number is too long.")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed_golomb(self) -> int:
        """Read a signed Exp-Golomb code."""
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)
