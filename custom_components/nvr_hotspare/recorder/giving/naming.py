"""How recorders name their recordings: templates, and the names made and understood by them.

A template is a path below the recorder's folder, its parts parted by `/`, that ends in `.mp4`.
`{channel}` stands for the channel's number, `{name}` for its name as one part of the path, and
`{path}` for a name whose slashes make folders. Of the codes of strftime it may have %Y %m %d %j %H
%M %S %f %z %s, and %% for a percent sign; taken together they have to tell the second. Times are
those of the recorder's own time zone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
import re
import unicodedata
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..spans import Span
from .model import Target, TransferError, TransferProblem

VIRTUAL_NVR = "recording-channel-{channel}/%Y-%m-%dT%H-%M-%S.%fZ.mp4"
"""Of this project's own recorders in software; in UTC."""
MEDIAMTX = "{path}/%Y-%m-%d_%H-%M-%S-%f.mp4"
"""Of MediaMTX as it comes, in the local time of its host; `{path}` is its name of the stream."""
DATES = "{name}/%Y-%m-%d/%H-%M-%S.mp4"
"""A folder for each camera, and in it one for each day."""

_SUFFIX = ".mp4"
_MAX_TEMPLATE, _MAX_PARTS = 256, 12
_MAX_NAME = 120
"""Bytes of a channel's name in a path: with all else a part stays below the 255 of most disks."""
_MAX_PART = 200
_MAX_TRIES = 100
"""Names that are tried for one clip."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND, _SECOND, _DAY = timedelta(microseconds=1), timedelta(seconds=1), timedelta(days=1)
_TOKEN = re.compile(r"%.?|\{[^{}]*\}|[^%{}]+|.", re.DOTALL)
_FORBIDDEN = frozenset('/\\:*?"<>|')
"""Characters that some file system has no names with."""


@dataclass(frozen=True, slots=True)
class _Code:
    """A part of a moment: how it looks, and how it is written."""

    letter: str
    pattern: str
    write: Callable[[datetime], str]


_CODES = {
    code.letter: code
    for code in (
        _Code("Y", r"\d{4}", lambda time: f"{time.year:04}"),
        _Code("m", r"\d\d", lambda time: f"{time.month:02}"),
        _Code("d", r"\d\d", lambda time: f"{time.day:02}"),
        _Code("j", r"\d{3}", lambda time: f"{time.timetuple().tm_yday:03}"),
        _Code("H", r"\d\d", lambda time: f"{time.hour:02}"),
        _Code("M", r"\d\d", lambda time: f"{time.minute:02}"),
        _Code("S", r"\d\d", lambda time: f"{time.second:02}"),
        _Code("f", r"\d{6}", lambda time: f"{time.microsecond:06}"),
        _Code("z", r"[+-]\d{4}", lambda time: f"{time:%z}"),
        _Code("s", r"\d{1,11}", lambda time: str((time - _EPOCH) // _SECOND)),
    )
}
_CLOCK = frozenset("HMS")

type _Part = tuple[str | _Code, ...]


class Names:
    """The names of one channel's recordings.

    Attributes:
        depth: Of how many parts a path consists.
        key: The same for those targets alone that name their recordings the same.
    """

    def __init__(self, target: Target) -> None:
        """Understand a target; TransferError (NAME_INVALID) if it makes no sense."""
        self._zone = _zone(target.zone)
        self._parts = [part for text in _split(target.template) for part in _expand(text, target)]
        self._codes = _check(self._parts)
        self._patterns = _patterns(self._parts)
        self.depth = len(self._parts)
        self.key = self._patterns[-1].pattern

    def candidates(self, time: int) -> Iterator[str]:
        """Yield paths for a recording that begins at a time: its own, then those just after.

        Others are needed where there is such a file already, as in the hour that comes twice when
        clocks are put back.

        Args:
            time: Nanoseconds since 1970 UTC.
        """
        step = _MICROSECOND if "f" in self._codes else _SECOND
        moment = _EPOCH + time // 1000 * _MICROSECOND
        for number in range(_MAX_TRIES):
            local = (moment + number * step).astimezone(self._zone)
            yield "/".join(_write(part, local) for part in self._parts)

    def literal(self, depth: int) -> str | None:
        """Return what a path has at a depth, from 0, if it is always the same."""
        part = self._parts[depth]
        return _write(part, _EPOCH) if all(isinstance(token, str) for token in part) else None

    def may_hold(self, path: str, depth: int, within: Span) -> bool:
        """Tell whether recordings in a folder may begin within a stretch of time, or a day off."""
        match = self._patterns[depth].fullmatch(path)
        if match is None:
            return False
        try:
            first, last = _days(match.groupdict())
            first, last = first - 2 * _DAY, last + 2 * _DAY
        except ValueError, OverflowError:  # such as a 31st of February, or the first day of all
            return False
        return _nanoseconds(first) <= within.end and within.start <= _nanoseconds(last)

    def times(self, path: str) -> tuple[int, ...]:
        """Return when a recording of this path may begin: nanoseconds since 1970 UTC.

        None if it is none of this channel's, two in the hour that comes twice.
        """
        match = self._patterns[-1].fullmatch(path)
        if match is None:
            return ()
        try:
            return tuple(sorted({_nanoseconds(each) for each in self._moments(match.groupdict())}))
        except ValueError, OverflowError:
            return ()

    def _moments(self, fields: Mapping[str, str]) -> Iterator[datetime]:
        fraction = int(fields.get("f", "0")) * _MICROSECOND
        if "s" in fields:
            yield _EPOCH + int(fields["s"]) * _SECOND + fraction
            return
        hour, minute, second = (int(fields[code]) for code in "HMS")
        day, _ = _days(fields)
        local = day.replace(hour=hour, minute=minute, second=second, tzinfo=None) + fraction
        if "z" in fields:
            sign = -1 if fields["z"][0] == "-" else 1
            offset = timedelta(hours=int(fields["z"][1:3]), minutes=int(fields["z"][3:]))
            yield local.replace(tzinfo=timezone(sign * offset))
        else:
            yield from (local.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))


def check(template: str, zone: str) -> None:
    """Raise a TransferError (NAME_INVALID) that says what is wrong with a template or a zone."""
    Names(Target(folder="", template=template, zone=zone, channel=1, name="camera"))


def clash(target: Target, others: Iterable[Target]) -> TransferError | None:
    """Return what is wrong if recordings of another channel in the folder have the same names.

    A target that makes no sense is wrong as well.
    """
    try:
        key = Names(target).key
    except TransferError as error:
        return error
    for other in others:
        if (other.folder, other.channel) == (target.folder, target.channel):
            continue
        with suppress(TransferError):
            if other.folder == target.folder and Names(other).key == key:
                return _invalid("The template gives recordings of several channels the same names.")
    return None


def example(target: Target, time: int) -> str:
    """Return what a recording that begins at a time is called; errors as of `Names`."""
    return next(Names(target).candidates(time))


def _invalid(text: str) -> TransferError:
    return TransferError(TransferProblem.NAME_INVALID, text)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError, OSError:
        raise _invalid("The time zone is not known.") from None


def _split(template: str) -> list[str]:
    """Return the parts of a template."""
    if len(template) > _MAX_TEMPLATE:
        raise _invalid("The template is too long.")
    if not template.endswith(_SUFFIX):
        raise _invalid(f"The template does not end in {_SUFFIX}.")
    if "\\" in template or not template.isprintable():
        raise _invalid("The template has a character that belongs into no path.")
    parts = template.split("/")
    if any(not part.strip(". ") for part in parts):
        raise _invalid("The template has to be a path below the recorder's folder.")
    return parts


def _expand(text: str, target: Target) -> list[_Part]:
    """Return a part of a template with the channel in it: more than one if its name makes folders.

    A name is never taken for a code.
    """
    if text == "{path}":
        parts = [part for part in target.name.split("/") if part.strip(". ")]
        return [(_clean(part),) for part in parts or [""]]
    fixed = {
        "%%": "%",
        "{channel}": str(target.channel),
        "{name}": _clean(target.name.replace("/", "_")),
    }
    tokens: list[str | _Code] = []
    for token in _TOKEN.findall(text):
        if token[0] not in "%{}":
            tokens.append(token)
        elif token in fixed:
            tokens.append(fixed[token])
        elif token[1:] in _CODES:
            tokens.append(_CODES[token[1:]])
        else:
            raise _invalid(f"The template has {token!r} where that stands for nothing.")
    return [tuple(tokens)]


def _clean(name: str) -> str:
    """Return a channel's name as a part of a path, whoever chose it."""
    name = "".join(
        "_" if each in _FORBIDDEN or not each.isprintable() else each
        for each in unicodedata.normalize("NFC", name)
    )
    name = name.encode("utf-8", "replace")[:_MAX_NAME].decode("utf-8", "ignore")
    return name.strip(". ") or "camera"


def _check(parts: list[_Part]) -> frozenset[str]:
    """Return the codes of a template."""
    codes = frozenset(token.letter for part in parts for token in part if isinstance(token, _Code))
    tells_day = "Y" in codes and ({"m", "d"} <= codes or "j" in codes)
    if "s" not in codes and not (tells_day and codes >= _CLOCK):
        raise _invalid("The template does not tell the second: %Y, %m, %d, %H, %M and %S do.")
    if len(parts) > _MAX_PARTS:
        raise _invalid("The template has too many folders.")
    if any(len(_write(part, _EPOCH).encode()) > _MAX_PART for part in parts):
        raise _invalid("The template makes names that are too long.")
    return codes


def _write(part: _Part, local: datetime) -> str:
    return "".join(token if isinstance(token, str) else token.write(local) for token in part)


def _patterns(parts: list[_Part]) -> list[re.Pattern[str]]:
    """Return what the first part of a path looks like, the first two, and so on."""
    seen = set[str]()

    def pattern(token: str | _Code) -> str:
        if isinstance(token, str):
            return re.escape(token)
        if token.letter in seen:
            return f"(?P={token.letter})"
        seen.add(token.letter)
        return f"(?P<{token.letter}>{token.pattern})"

    found, text = list[re.Pattern[str]](), ""
    for part in parts:
        text += ("/" if text else "") + "".join(map(pattern, part))
        found.append(re.compile(text, re.ASCII))
    return found


def _days(fields: Mapping[str, str]) -> tuple[datetime, datetime]:
    """Return the first and the last day that some codes leave open."""
    if "s" in fields:
        day = _EPOCH + int(fields["s"]) * _SECOND
        return day, day
    if "Y" not in fields:
        return datetime.min.replace(tzinfo=UTC) + 3 * _DAY, datetime.max.replace(
            tzinfo=UTC
        ) - 3 * _DAY
    year = datetime(int(fields["Y"]), 1, 1, tzinfo=UTC)
    if "j" in fields:
        day = year + (int(fields["j"]) - 1) * _DAY
        return day, day
    if "m" not in fields:
        return year, year + 366 * _DAY
    month = year.replace(month=int(fields["m"]))
    if "d" not in fields:
        return month, month + 31 * _DAY
    day = month.replace(day=int(fields["d"]))
    return day, day


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000
