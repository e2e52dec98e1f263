"""Logs of runs: what is written is read, and no other run's log is continued."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from procgen_tools.training.run_log import LOG, RunLog, read_log

COLUMNS = ("samples", "loss", "success")


def write(folder: Path, done: int | None, *rows: tuple[int, float, float]) -> None:
    with RunLog(folder, COLUMNS, done, tensorboard=False) as log:
        for row in rows:
            log.write(dict(zip(COLUMNS, row, strict=True)))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path, None, (8, 0.25, float("nan")), (16, 1 / 3, 0.5))
    table = read_log(tmp_path)
    assert tuple(table.columns) == COLUMNS
    np.testing.assert_allclose(table["loss"], [0.25, 1 / 3], rtol=1e-5)
    assert table["success"].isna().tolist() == [True, False]


def test_rows_beyond_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    write(tmp_path, None, (8, 1.0, 1.0), (16, 2.0, 1.0), (24, 3.0, 1.0))
    with (tmp_path / LOG).open("a") as file:
        file.write("32,4.")  # the process was killed while it wrote
    write(tmp_path, 16, (24, 5.0, 1.0))
    assert read_log(tmp_path)["samples"].tolist() == [8, 16, 24]
    assert read_log(tmp_path)["loss"].tolist() == [1, 2, 5]


@pytest.mark.parametrize(
    ("columns", "done", "message"),
    [
        (COLUMNS, None, "which left no checkpoint: choose another folder"),
        (COLUMNS, 12, "it goes to 8, and the checkpoint stands at 12"),
        (COLUMNS, 24, "it goes to 16, and the checkpoint stands at 24"),
        (COLUMNS[:2], 16, "its columns are 'samples,loss,success'"),
    ],
)
def test_logs_of_other_runs_are_left_as_they_are(
    columns: tuple[str, ...], done: int | None, message: str, tmp_path: Path
) -> None:
    write(tmp_path, None, (8, 1.0, 1.0), (16, 2.0, 1.0))
    before = (tmp_path / LOG).read_bytes()
    with pytest.raises(ValueError, match=message):
        RunLog(tmp_path, columns, done, tensorboard=False)
    assert (tmp_path / LOG).read_bytes() == before


def test_a_log_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing, and the checkpoint beside it stands at 8"):
        RunLog(tmp_path, COLUMNS, 8, tensorboard=False)
    with pytest.raises(FileNotFoundError, match=r"holds no log\.csv: give the folder of a run"):
        read_log(tmp_path)


def test_a_row_of_other_figures_is_refused(tmp_path: Path) -> None:
    with (
        RunLog(tmp_path, COLUMNS, None, tensorboard=False) as log,
        pytest.raises(ValueError, match=r"a row has \['loss'\], and the log"),
    ):
        log.write({"loss": 1.0})
    assert len(read_log(tmp_path)) == 0
