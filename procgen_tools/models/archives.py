"""Check a file that `torch.save` wrote before torch reads it.

`torch.load(weights_only=True)` runs no foreign code, but it follows the instructions of the file: a
file of 600 bytes can make it hash a tuple of 2^40 parts or fill 4 GB of memory. This module reads
the archive and the opcodes of its pickle without executing them, and rejects what no checkpoint
needs.
"""

from __future__ import annotations

import pickletools
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from procgen_tools.files import read_bounded

LARGEST_FILE = 2**30
"""Bytes. The agents of this project have 2.5 MB; at scale 4, with an optimiser, about 100 MB."""

LARGEST_PICKLE = 2**24
"""Bytes of everything but the tensors. The agents of this project have 6 kB."""

MOST_RECORDS = 2**14
"""Files in the archive: one per tensor, and a few more."""

MOST_VALUES = 2**20
"""Values in lists, tuples and dictionaries, counted at each occurrence."""

DEEPEST = 64
"""Levels of nested lists, tuples and dictionaries."""

NUMBERS = ("BININT", "BININT1", "BININT2", "BINFLOAT", "LONG1")
ATOMS = frozenset((*NUMBERS, "NONE", "NEWTRUE", "NEWFALSE", "BINUNICODE"))
TAKEN = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "SETITEM": 2, "BINPERSID": 1}
"""Number of values that an opcode takes from the stack; other opcodes take those after a mark."""

ORDERED = "collections OrderedDict"
CALLED = frozenset(
    (ORDERED, "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter", "torch Size")
)
"""The functions that a checkpoint may call. torch checks them against its own list, too."""

DAMAGES = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    UnicodeDecodeError,
)
"""What the standard library raises of damaged archives."""

MARK, ATOM, NOTHING, MADE, OTHER = "mark", "number or string", "()", "OrderedDict()", "other"
"""Kinds of values on the stack; the kind of a function or class is its name."""


def checked_archive(path: Path) -> BytesIO:
    """The content of a file that `torch.save` wrote, checked to have only what a checkpoint needs.

    The result is a copy of the checked content, so torch reads exactly this content.

    Raises:
        ValueError: an invalid file. The message does not have the path.
        OSError: the file cannot be read.
    """
    return checked_content(read_bounded(path, LARGEST_FILE))


def checked_content(content: bytes) -> BytesIO:
    """A copy of what `torch.save` wrote, checked to have only what a checkpoint needs.

    Raises:
        ValueError: invalid content, or more than `LARGEST_FILE` bytes.
    """
    if len(content) > LARGEST_FILE:
        raise ValueError(f"it has {len(content):,} bytes, more than {LARGEST_FILE:,}")
    if not content.startswith(b"PK\x03\x04"):
        # The format before torch 1.6: five pickles, the fourth with the checkpoint, then tensors.
        head = BytesIO(content[:LARGEST_PICKLE])
        for _ in range(5):
            check_pickle(head)
        return BytesIO(content)
    copy = BytesIO()
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as clean:
            records = archive.infolist()
            _check_records(records, len(content))
            for record in records:
                data = archive.read(record)
                if record.filename.rpartition("/")[2] == "data.pkl":
                    check_pickle(BytesIO(data[:LARGEST_PICKLE]))
                clean.writestr(zipfile.ZipInfo(record.filename), data)
    except DAMAGES as error:
        raise ValueError(f"it is damaged or cut short ({error})") from error
    copy.seek(0)
    return copy


def _check_records(records: list[zipfile.ZipInfo], size: int) -> None:
    names = [record.filename for record in records]
    if len(records) > MOST_RECORDS or len(set(names)) < len(names):
        raise ValueError(f"it has {len(records):,} records, too many or some with the same name")
    if any(record.compress_type != zipfile.ZIP_STORED for record in records):
        raise ValueError("its records are compressed, which torch.save never does")
    if sum(record.file_size for record in records) > size:
        raise ValueError("its records claim more bytes than the file has")


def check_pickle(stream: BytesIO) -> None:
    """Reject a pickle with anything but plain values and tensors, without executing it.

    Keys of dictionaries must be numbers, strings or None, because hashing other values can take
    forever.

    Args:
        stream: a stream, which is read up to the end of the pickle.

    Raises:
        ValueError: an invalid pickle. The message says why.
    """
    stack: list[str] = []
    memo: dict[int, str] = {}
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            _follow(opcode.name, argument, stack, memo)
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ValueError("its pickle is damaged") from error


def check_size(value: Any) -> None:
    """Reject plain values that are too many or too deeply nested.

    Raises:
        ValueError: more than MOST_VALUES values, or more than DEEPEST levels.
    """
    waiting, count = [(value, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        parts = value.values() if isinstance(value, dict) else value
        if not isinstance(value, dict | list | tuple):
            continue
        count += len(value)
        if count > MOST_VALUES or depth > DEEPEST:
            raise ValueError(
                f"it holds more than {MOST_VALUES:,} values, or lists and dictionaries more than "
                f"{DEEPEST} levels deep"
            )
        waiting += [(part, depth + 1) for part in parts]


def _follow(name: str, argument: Any, stack: list[str], memo: dict[int, str]) -> None:
    """Apply an opcode to the kinds of values on the stack."""
    if name in ATOMS:
        stack.append(ATOM)
    elif name == "GLOBAL":
        stack.append(argument)
    elif name == "MARK":
        stack.append(MARK)
    elif name in ("BINPUT", "LONG_BINPUT"):
        memo[argument] = stack[-1]
    elif name in ("BINGET", "LONG_BINGET"):
        stack.append(memo[argument])
    elif name in ("EMPTY_LIST", "EMPTY_DICT"):
        stack.append(OTHER)
    elif name == "EMPTY_TUPLE":
        stack.append(NOTHING)
    elif name in ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "BINPERSID"):
        _take(name, stack)
        stack.append(OTHER)
    elif name in ("APPEND", "APPENDS"):
        _take(name, stack)
    elif name in ("SETITEM", "SETITEMS"):
        if any(kind != ATOM for kind in _take(name, stack)[::2]):
            raise ValueError("a dictionary in it has keys other than numbers and strings")
    elif name == "REDUCE":
        arguments, called = stack.pop(), stack.pop()
        if called not in CALLED or (called == ORDERED and arguments != NOTHING):
            raise ValueError(f"it asks to call {called}")
        stack.append(MADE if called == ORDERED else OTHER)
    elif name == "BUILD":
        stack.pop()
        if stack[-1] != MADE:
            raise ValueError("it sets the state of an object that is not a dictionary")
    elif name not in ("PROTO", "STOP"):
        raise ValueError(f"its pickle uses {name}, which no checkpoint needs")


def _take(name: str, stack: list[str]) -> list[str]:
    """The values that an opcode takes from the stack; an IndexError if there are too few."""
    count = TAKEN.get(name)
    if count is None:
        count = stack[::-1].index(MARK) if MARK in stack else len(stack)
        stack.pop(-1 - count)
    taken = [stack.pop() for _ in range(count)]
    return taken[::-1]
