"""What a notebook shows at the end of a cell, for the exercises as a plain Python file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from procgen_tools.files import unfinished
from procgen_tools.shown import figure_png
from procgen_tools.studies.crops_and_humans.course.live import LivePage

FOLDER = Path("pictures")


def show(name: str, value: object) -> None:
    """Show the last value of a cell outside a notebook.

    A figure is saved as `pictures/<name>.png` in the current folder, and a page as
    `pictures/<name>.html`. Anything else is printed.

    Args:
        name: of the file.
        value: the last value of the cell.
    """
    if isinstance(value, LivePage):
        path = FOLDER / f"{name}.html"
        value.write(path)
        print(f"page: {path}; open it in a browser")
    elif isinstance(value, Figure):
        path = FOLDER / f"{name}.png"
        with unfinished(path) as temporary:
            temporary.write_bytes(figure_png(value, dpi=100))
        print(f"picture: {path}")
    else:
        # A table as it is would leave out its middle columns.
        print(value.to_string() if isinstance(value, pd.DataFrame) else value)
