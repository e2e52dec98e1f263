"""Records: tables with one row per measured item, stored as parquet files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from procgen_tools.files import check_writable, unfinished

Setting = str | int | float | bool | None
"""What a setting may be, in a file of records."""


def write_records(
    path: str | os.PathLike[str],
    records: pd.DataFrame,
    *,
    settings: Mapping[str, Setting] | None = None,
) -> None:
    """Write records as parquet.

    An existing file is replaced atomically, and missing folders are created.

    Args:
        path: the file.
        records: one row per measured item.
        settings: what was measured and how, kept in the file for `read_kept`.

    Raises:
        ValueError: the path cannot be written (see `check_destination`).

    Example:
        >>> write_records("records.parquet", pd.DataFrame({"found": [True, False]}))
        >>> pd.read_parquet("records.parquet")["found"].tolist()
        [True, False]
    """
    check_destination(path)
    if settings is not None:
        records = records.copy(deep=False)
        records.attrs = {"settings": dict(settings)}
    with unfinished(path) as temporary:
        records.to_parquet(temporary, engine="pyarrow", index=False)


def read_kept(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    *,
    settings: Mapping[str, Setting] | None = None,
) -> pd.DataFrame:
    """Read records that an earlier run kept, so that they are not measured again.

    Args:
        path: the file.
        columns: the columns that it must have; others are left out. Defaults to all columns.
        settings: those with which it must have been written. Defaults to any.

    Raises:
        ValueError: the file is damaged, lacks a column, or has other settings.

    Example:
        >>> records = pd.DataFrame({"seed": [3], "steps": [7]})
        >>> write_records("records.parquet", records, settings={"background": "black"})
        >>> read_kept("records.parquet", ["steps"], settings={"background": "black"})["steps"].sum()
        7
    """
    try:
        table = pd.read_parquet(path, columns=None if columns is None else list(columns))
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"{path} cannot be read ({str(error)[:200]}): delete it, and it is measured again"
        ) from error
    kept = table.attrs.pop("settings", {})
    for name, value in (settings or {}).items():
        if name not in kept or kept[name] != value:
            own = f"{name} {kept[name]!r}" if name in kept else f"no known {name}"
            raise ValueError(
                f"{path} was measured with {own}, not {value!r}: name another folder, or delete "
                "the file"
            )
    return table


def check_destination(path: str | os.PathLike[str]) -> None:
    """Check that a file of records can be written, before the work that produces them.

    Raises:
        ValueError: the name does not end in .parquet, or the file cannot be written (see
            `files.check_writable`).
    """
    path = Path(path)
    if path.suffix != ".parquet":
        raise ValueError(
            f"records are parquet files, but {path} has another ending: end it in .parquet"
        )
    check_writable(path)
