"""The driver for recorders of Dahua and their many rebrands (Amcrest, Lorex, Intelbras, ...).

It speaks the HTTP API of their web server: CGI that answers in lines of key=value, and JSON where
the firmware has it. What is known of both was learned from public programs that use them.
"""

from .unit import DahuaUnit

__all__ = ["DahuaUnit"]
