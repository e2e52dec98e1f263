"""The log of a run: a CSV file and TensorBoard events, consistent with the checkpoints."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from procgen_tools.files import write_text

if TYPE_CHECKING:
    import pandas as pd

LOG = "log.csv"


class RunLog:
    """Appends rows. Rows that a killed run wrote after its last checkpoint are dropped first.

    Args:
        folder: the folder of the run.
        columns: of the file. The first one counts samples, steps or updates.
        done: the count at the checkpoint; rows beyond it are dropped. None for a new run, whose
            folder must not hold a log.
        tensorboard: write TensorBoard events, too.

    Raises:
        ValueError: the folder holds the log of another run: its columns differ, or it does not
            reach `done`. It is left unchanged.
    """

    def __init__(
        self, folder: Path, columns: Sequence[str], done: int | None, *, tensorboard: bool = True
    ) -> None:
        self.path = folder / LOG
        self.columns = tuple(columns)
        self._done = done or 0
        self._tensorboard = tensorboard
        self._kept = self._rows_up_to(done)
        self._writer: Any = None

    def __enter__(self) -> RunLog:
        write_text(self.path, self._kept)
        self._file = self.path.open("a", newline="")
        if self._tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(self.path.parent, purge_step=self._done + 1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if self._writer:
            self._writer.close()

    def write(self, figures: Mapping[str, float | int]) -> None:
        """Append a row. NaN gives an empty cell."""
        if figures.keys() != set(self.columns):
            raise ValueError(
                f"a row has {sorted(figures)}, and the log {sorted(self.columns)}: give the same"
            )
        values = [figures[name] for name in self.columns]
        self._file.write(_line(["" if math.isnan(value) else _short(value) for value in values]))
        self._file.flush()
        if self._writer:
            for name, value in zip(self.columns[1:], values[1:], strict=True):
                if not math.isnan(value):
                    self._writer.add_scalar(name, value, int(values[0]))
            self._writer.flush()

    def _rows_up_to(self, done: int | None) -> str:
        """The text of the log at the time of the checkpoint."""
        header = _line(self.columns)
        if done is None:
            if self.path.exists():
                raise ValueError(
                    f"{self.path} is the log of another run, which left no checkpoint: choose "
                    "another folder, or move it away"
                )
            return header
        if not self.path.exists():
            if done:
                raise ValueError(
                    f"{self.path} is missing, and the checkpoint beside it stands at {done}: put "
                    "the log back, or begin a new run in another folder"
                )
            return header
        # A run that was killed while writing leaves a line without a newline.
        lines = [line for line in self.path.read_text().splitlines(True) if line.endswith("\n")]
        if not lines or lines[0] != header:
            raise ValueError(
                f"{self.path} is the log of another run: its columns are "
                f"{''.join(lines[:1]).strip()!r:.200}; choose another folder, or move it away"
            )
        # A power cut can leave a line of other characters.
        numbered = [line for line in lines[1:] if line.split(",")[0].isdecimal()]
        kept = [line for line in numbered if int(line.split(",")[0]) <= done]
        reached = int(kept[-1].split(",")[0]) if kept else 0
        if reached != done:
            raise ValueError(
                f"{self.path} is the log of another run: it goes to {reached}, and the checkpoint "
                f"stands at {done}; put the right log back, or choose another folder"
            )
        return "".join([header, *kept])


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _short(value: float | int) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def read_log(folder: Path) -> pd.DataFrame:
    """The log of a run as a table, one table row per log row. Empty cells are NaN.

    Raises:
        FileNotFoundError: the folder holds no log.
    """
    import pandas as pd

    if not (folder / LOG).exists():
        raise FileNotFoundError(f"{folder} holds no {LOG}: give the folder of a run")
    return pd.read_csv(folder / LOG)
