"""What can go wrong with a unit."""


class UnitError(Exception):
    """Any failure of a unit; its text never holds a secret."""


class UnitUnreachableError(UnitError):
    """Nothing answers, or not in time."""


class UnitRefusedError(UnitUnreachableError):
    """The host is there and refuses the connection."""


class UnitProtocolError(UnitError):
    """The answer is not of this protocol, breaks its rules, or is larger than any unit's."""


class UnitCredentialsError(UnitError):
    """The unit does not accept the credentials."""


class UnitCertificateError(UnitError):
    """The unit does not prove who it is: its certificate is none that the user has confirmed."""


class UnitUnsupportedError(UnitError):
    """The unit lacks the operation."""


class UnitFullError(UnitError):
    """A limit of the spare leaves no room for another camera."""


class UnitRequestError(UnitError):
    """The unit understood the request and would not do it; its text is the unit's reason."""
