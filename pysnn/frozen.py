"""What does not change once it is made, and can be pickled and copied all the same."""

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import numpy as np

__all__ = ["Frozen", "FrozenDict", "NotPicklable"]

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A dictionary that refuses changes.

    Examples
    --------
    >>> import pickle
    >>> pickle.loads(pickle.dumps(FrozenDict({"a": 1})))["a"]
    1
    >>> FrozenDict()["a"] = 1
    Traceback (most recent call last):
    TypeError: this mapping is frozen; make a dict of it and change that
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this mapping is frozen; make a dict of it and change that")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)

    def __copy__(self) -> "FrozenDict[K, V]":
        return self


class Frozen:
    """Base of classes whose arrays are frozen when they are made: pickling and copying lose that, and this restores it."""

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for value in state.values():
            _freeze(value)
        self.__dict__.update(state)


class NotPicklable:
    """Base of what is compiled for one process: it refuses to be pickled and copied, and says what to do."""

    def __reduce__(self) -> NoReturn:
        kind = type(self).__name__
        raise TypeError(
            f"{kind}: it is compiled for this process, expected the network to be pickled or copied and compiled again there"
        )


def _freeze(value: Any) -> None:
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple):
        for item in value:
            _freeze(item)
