"""Records: tables with a row for each thing that was measured, kept as parquet files."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from procgen_tools.files import check_writable, unfinished


def write_records(path: str | os.PathLike[str], records: pd.DataFrame) -> None:
    """Write records as parquet; an older file is replaced all at once. Missing folders are made.

    Raises:
        ValueError: a path that cannot be written (see `check_destination`).
    """
    check_destination(path)
    with unfinished(path) as temporary:
        records.to_parquet(temporary, engine="pyarrow", index=False)


def check_destination(path: str | os.PathLike[str]) -> None:
    """Make sure that a file of records can be written here, before the work that fills it.

    Raises:
        ValueError: another ending than .parquet, or see `files.check_writable`.
    """
    path = Path(path)
    if path.suffix != ".parquet":
        raise ValueError(
            f"records are parquet files, and {path} is not named so: end it in .parquet"
        )
    check_writable(path)
