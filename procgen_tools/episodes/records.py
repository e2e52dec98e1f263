"""Records: tables with one row per measured item, stored as parquet files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from procgen_tools.files import check_writable, unfinished


def write_records(path: str | os.PathLike[str], records: pd.DataFrame) -> None:
    """Write records as parquet.

    An existing file is replaced atomically, and missing folders are created.

    Raises:
        ValueError: the path cannot be written (see `check_destination`).

    Example:
        >>> write_records("records.parquet", pd.DataFrame({"found": [True, False]}))
        >>> pd.read_parquet("records.parquet")["found"].tolist()
        [True, False]
    """
    check_destination(path)
    with unfinished(path) as temporary:
        records.to_parquet(temporary, engine="pyarrow", index=False)


def read_kept(path: str | os.PathLike[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read records that an earlier run kept, so that they are not measured again.

    Args:
        path: the file.
        columns: the columns that it must have; others are left out. Defaults to all columns.

    Raises:
        ValueError: the file is damaged, or lacks a column.

    Example:
        >>> write_records("records.parquet", pd.DataFrame({"seed": [3], "steps": [7]}))
        >>> read_kept("records.parquet", ["steps"])["steps"].tolist()
        [7]
    """
    try:
        return pd.read_parquet(path, columns=None if columns is None else list(columns))
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"{path} cannot be read ({str(error)[:200]}): delete it, and it is measured again"
        ) from error


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
