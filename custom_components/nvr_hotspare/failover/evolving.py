"""Frozen dataclasses of which a changed copy costs little.

Every step of the machine makes several changed copies of what is known. `copy.replace` of an
ordinary dataclass runs its whole constructor for that, field by field; here it copies the
instance's dictionary instead, which takes a fifth of the time. The type checker still checks the
names and types of the fields, as it does for any dataclass; nothing does at run time.
"""

from typing import Any


def evolving[Class: type](cls: Class) -> Class:
    """Give a frozen dataclass without slots a quick `copy.replace`.

    Its fields that are made from others, in `__post_init__`, are made again.
    """
    derives = getattr(cls, "__post_init__", None)

    def changed(self: object, /, **changes: object) -> Any:
        copy: object = object.__new__(cls)
        object.__setattr__(copy, "__dict__", self.__dict__ | changes)
        if derives is not None:
            derives(copy)
        return copy

    cls.__replace__ = changed  # type: ignore[attr-defined]  # copy.replace looks there
    return cls
