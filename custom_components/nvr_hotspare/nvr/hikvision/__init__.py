"""The driver of Hikvision recorders, and of their many rebrands, by ISAPI.

It was tried on an emulator only. What firmwares differ in is read off what they answer.
"""

from .unit import HikvisionUnit

__all__ = ["HikvisionUnit"]
