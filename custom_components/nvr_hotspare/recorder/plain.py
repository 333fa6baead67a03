"""Dataclasses as plain data, as JSON has it, and back, with everything checked.

Neighbouring versions understand each other: fields that are not known are ignored, and those that
are missing take their defaults.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeAliasType, Union, cast, get_args, get_origin, get_type_hints

_UNIONS = (UnionType, Union)
_KNOWN: dict[type[Any], dict[str, tuple[Any, bool]]] = {}
"""The fields of the classes seen so far: it takes long to find them out."""

type Plain = bool | int | float | str | list[Plain] | dict[str, Plain] | None


class PlainError(ValueError):
    """The data is not what the class takes; the text holds none of it."""


def dump(value: object) -> Plain:
    """Return a dataclass, or what its fields may be, as plain data."""
    if is_dataclass(value):
        return {it.name: dump(getattr(value, it.name)) for it in fields(value) if it.init}
    if isinstance(value, Mapping):
        return {str(key): dump(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [dump(item) for item in value]
    if isinstance(value, Enum):
        return cast("Plain", value.value)
    return cast("Plain", value)


def load[T](kind: type[T], data: Plain) -> T:
    """Return plain data as a dataclass.

    Raises:
        PlainError: A field has no default and is missing, is of another type, or has a value that
            the class does not take.
    """
    if not isinstance(data, dict):
        raise PlainError(f"{kind.__name__} is no object.")
    values = {}
    for name, (hint, required) in _fields(kind).items():
        if name in data:
            values[name] = _value(hint, data[name], name)
        elif required:
            raise PlainError(f"{kind.__name__} has no {name}.")
    try:
        return kind(**values)
    except ValueError as error:
        raise PlainError(str(error)) from error


def _fields(kind: type[Any]) -> dict[str, tuple[Any, bool]]:
    """Return the type of each field that makes a dataclass, and whether it must be given."""
    if kind not in _KNOWN:
        hints = get_type_hints(kind)
        _KNOWN[kind] = {
            field.name: (
                hints[field.name],
                field.default is MISSING and field.default_factory is MISSING,
            )
            for field in fields(kind)
            if field.init
        }
    return _KNOWN[kind]


def _value(hint: Any, data: Plain, name: str) -> object:
    if hint is Plain:
        return data
    if isinstance(hint, TypeAliasType):
        hint = hint.__value__
    inner = get_args(hint)
    match get_origin(hint), data:
        case (kind, None) if kind in _UNIONS and NoneType in inner:
            return None
        case kind, _ if kind in _UNIONS:
            (one,) = (each for each in inner if each is not NoneType)
            return _value(one, data, name)
        case kind, list(items) if kind is tuple:
            return tuple(_value(inner[0], item, name) for item in items)
        case kind, dict(items) if kind is Mapping:
            return {key: _value(inner[1], item, name) for key, item in items.items()}
    if not isinstance(hint, type):
        raise PlainError(f"{name} is of the wrong type.")
    return load(hint, data) if is_dataclass(hint) else _single(hint, data, name)


def _single(hint: type[Any], data: Plain, name: str) -> object:
    if hint is float and type(data) is int:
        try:
            return float(data)
        except OverflowError:
            raise PlainError(f"{name} is too large.") from None
    if issubclass(hint, Enum) and isinstance(data, str):
        try:
            return hint(data)
        except ValueError:
            raise PlainError(f"{name} has no such value.") from None
    if type(data) is not hint:
        raise PlainError(f"{name} is of the wrong type.")
    return data
