"""Read pickles as data: containers, text, numbers, bytes, numpy arrays, and records of these.

A pickle is a program for a small virtual machine, and some instructions can call any function of
any package. This reader parses the program with `pickletools`, which executes nothing, and
carries out only the instructions that build plain values. The few functions that numpy's own
pickles name are replaced by checked versions. Any other name is refused.
"""

from __future__ import annotations

import os
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MARK = object()


class Record:
    """The stored values, by name, of an object whose class a pickle names."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.values: dict[str, Any] = {}


class _ArrayShell:
    """An array before its state is set, as numpy's `_reconstruct` makes it."""

    array: np.ndarray | None = None


class _Kind:
    """The name of a class or function that the pickle mentions; it is never looked up."""

    def __init__(self, name: str) -> None:
        self.name = name


def read_pickle(path: str | os.PathLike[str], records: tuple[str, ...] = ()) -> Any:
    """Read the plain values that a pickle describes, without executing anything in the file.

    Args:
        path: the file.
        records: full names of classes whose objects may occur; they come back as `Record`.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file is damaged, or contains anything but None, booleans, numbers, text,
            bytes, lists, tuples, sets, dictionaries, numpy arrays of numbers, and those records.
    """
    data = Path(path).read_bytes()
    try:
        return _Reader(frozenset(records)).read(data)
    except (IndexError, KeyError, TypeError, AttributeError, UnicodeError, OverflowError) as error:
        raise ValueError(f"{path} is no pickle, or a damaged one ({error!r})") from error
    except ValueError as error:
        raise ValueError(f"{path} cannot be read as data: {error}") from error


class _Reader:
    def __init__(self, records: frozenset[str]) -> None:
        self.records = records
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def read(self, data: bytes) -> Any:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return self._finished(self.stack.pop())
            handle = _INSTRUCTIONS.get(opcode.name)
            if handle is None:
                raise ValueError(f"the instruction {opcode.name} does more than build plain values")
            handle(self, argument)
        raise ValueError("it ends too early")

    def after_mark(self) -> list[Any]:
        place = max(index for index, item in enumerate(self.stack) if item is MARK)
        items = [self._finished(item) for item in self.stack[place + 1 :]]
        del self.stack[place:]
        return items

    def pop(self) -> Any:
        return self._finished(self.stack.pop())

    def _finished(self, item: Any) -> Any:
        if isinstance(item, _ArrayShell):
            if item.array is None:
                raise ValueError("an array without content")
            return item.array
        return item

    def push(self, item: Any) -> None:
        self.stack.append(item)

    def name(self, module: str, name: str) -> None:
        full = f"{module}.{name}".replace("numpy._core.", "numpy.core.")
        if full not in _CALLS and full not in self.records and full != "numpy.ndarray":
            raise ValueError(
                f"it names {full}, which is neither a plain value nor a numpy array; "
                "open it with the package that wrote it, from a source that you trust"
            )
        self.push(_Kind(full))

    def call(self, kind: Any, arguments: tuple[Any, ...]) -> None:
        if not isinstance(kind, _Kind) or kind.name not in _CALLS:
            raise ValueError("it calls what is no maker of arrays")
        self.push(_CALLS[kind.name](arguments))

    def new(self) -> None:
        arguments, kind = self.stack.pop(), self.stack.pop()
        if not isinstance(kind, _Kind) or kind.name not in self.records or arguments:
            raise ValueError("it makes an object of a class that is not expected")
        self.push(Record(kind.name))

    def build(self) -> None:
        state = self.pop()
        target = self.stack[-1]
        if isinstance(target, _ArrayShell):
            target.array = _array(state)
        elif isinstance(target, Record) and isinstance(state, dict):
            target.values.update(state)
        elif isinstance(target, np.dtype):
            self.stack[-1] = np.dtype(f"{state[1]}{target.str[1:]}")
            for key, value in self.memo.items():
                if value is target:
                    self.memo[key] = self.stack[-1]
        else:
            raise ValueError("it sets the state of what has none")


def _dtype(arguments: tuple[Any, ...]) -> np.dtype:
    dtype = np.dtype(str(arguments[0]))
    if dtype.kind not in "biufc":
        raise ValueError(f"an array of {dtype}: only numbers and booleans are read")
    return dtype


def _array(state: Any) -> np.ndarray:
    _, shape, dtype, fortran, data = state
    if not isinstance(dtype, np.dtype) or not isinstance(data, bytes):
        raise ValueError("an array of objects: only numbers and booleans are read")
    array = np.frombuffer(data, dtype)
    return (array.reshape(shape[::-1]).T if fortran else array.reshape(shape)).copy()


def _scalar(arguments: tuple[Any, ...]) -> Any:
    dtype, data = arguments
    if not isinstance(dtype, np.dtype) or not isinstance(data, bytes):
        raise ValueError("a numpy number of an unknown type")
    return np.frombuffer(data, dtype, count=1)[0]


def _from_buffer(arguments: tuple[Any, ...]) -> np.ndarray:
    data, dtype, shape, order = arguments
    return _array((1, shape, dtype, order == "F", bytes(data)))


def _text_bytes(arguments: tuple[Any, ...]) -> bytes:
    """How protocols 0 to 2 write bytes: as text in Latin-1."""
    text, encoding = arguments
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes written as text in {encoding!r}")
    return text.encode("latin-1")


def _no_bytes(arguments: tuple[Any, ...]) -> bytes:
    """How protocols 0 to 2 write empty bytes."""
    if arguments:
        raise ValueError("it makes bytes from something else")
    return b""


_CALLS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "numpy.core.multiarray._reconstruct": lambda _: _ArrayShell(),
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy.dtype": _dtype,
    "_codecs.encode": _text_bytes,
    "__builtin__.bytes": _no_bytes,
}


def _put(reader: _Reader, key: Any) -> None:
    reader.memo[len(reader.memo) if key is None else key] = reader.stack[-1]


def _append(reader: _Reader, _: Any) -> None:
    item = reader.pop()
    reader.stack[-1].append(item)


def _extend(reader: _Reader, _: Any) -> None:
    items = reader.after_mark()
    target = reader.stack[-1]
    target.update(items) if isinstance(target, set) else target.extend(items)


def _set_items(reader: _Reader, items: list[Any]) -> None:
    reader.stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _push_dict(reader: _Reader, items: list[Any]) -> None:
    reader.push({})
    _set_items(reader, items)


def _tuple_of(count: int) -> Callable[[_Reader, Any], None]:
    def make(reader: _Reader, _: Any) -> None:
        items = [reader.pop() for _ in range(count)]
        reader.push(tuple(reversed(items)))

    return make


def _push(value: Callable[[Any], Any]) -> Callable[[_Reader, Any], None]:
    return lambda reader, argument: reader.push(value(argument))


def _reduce(reader: _Reader, _: Any) -> None:
    arguments = reader.pop()
    reader.call(reader.stack.pop(), arguments)


def _stack_name(reader: _Reader, _: Any) -> None:
    name, module = reader.pop(), reader.pop()
    reader.name(module, name)


def _global(reader: _Reader, argument: Any) -> None:
    module, name = str(argument).split(" ", 1)
    reader.name(module, name)


_PLAIN = (
    "BININT",
    "BININT1",
    "BININT2",
    "INT",
    "LONG",
    "LONG1",
    "LONG4",
    "FLOAT",
    "BINFLOAT",
    "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
)

_INSTRUCTIONS: dict[str, Callable[[_Reader, Any], None]] = {
    "PROTO": lambda reader, _: None,
    "FRAME": lambda reader, _: None,
    **dict.fromkeys(_PLAIN, _push(lambda value: value)),
    "BYTEARRAY8": _push(bytes),
    "NONE": _push(lambda _: None),
    "NEWTRUE": _push(lambda _: True),
    "NEWFALSE": _push(lambda _: False),
    "EMPTY_LIST": _push(lambda _: []),
    "EMPTY_DICT": _push(lambda _: {}),
    "EMPTY_TUPLE": _push(lambda _: ()),
    "EMPTY_SET": _push(lambda _: set()),
    "MARK": _push(lambda _: MARK),
    "LIST": lambda reader, _: reader.push(reader.after_mark()),
    "TUPLE": lambda reader, _: reader.push(tuple(reader.after_mark())),
    "FROZENSET": lambda reader, _: reader.push(frozenset(reader.after_mark())),
    "DICT": lambda reader, _: _push_dict(reader, reader.after_mark()),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "APPEND": _append,
    "APPENDS": _extend,
    "ADDITEMS": _extend,
    "SETITEM": lambda reader, _: _set_items(reader, [reader.pop(), reader.pop()][::-1]),
    "SETITEMS": lambda reader, _: _set_items(reader, reader.after_mark()),
    "PUT": _put,
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "MEMOIZE": _put,
    "GET": lambda reader, key: reader.push(reader.memo[key]),
    "BINGET": lambda reader, key: reader.push(reader.memo[key]),
    "LONG_BINGET": lambda reader, key: reader.push(reader.memo[key]),
    "POP": lambda reader, _: reader.stack.__delitem__(-1),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_name,
    "REDUCE": _reduce,
    "NEWOBJ": lambda reader, _: reader.new(),
    "BUILD": lambda reader, _: reader.build(),
}
