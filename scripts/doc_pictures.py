"""Draw the pictures of the README: docs/{cheese_vector,retargeting,colour_or_shape}.png.

    python scripts/doc_pictures.py

The first is the picture of the demo. The second is taken from the last run of the retargeting
notebook, the third from the last run of `procgen-tools experiment colour_or_shape`.
"""

from __future__ import annotations

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from run_notebooks import FOLDER, lighter

from procgen_tools import demo
from procgen_tools.files import unfinished
from procgen_tools.studies.results import FOLDER as RESULTS

DOCS = Path(__file__).parents[1] / "docs"
CELL = 'figures["target_maps"]'


def cheese_vector() -> str:
    """The picture of the demo as a PNG in base64."""
    with TemporaryDirectory() as folder:
        demo.run(folder=Path(folder))
        picture = (Path(folder) / "cheese_vector.png").read_bytes()
    return lighter(base64.b64encode(picture).decode())


def retargeting() -> str:
    """The picture of the targets in the notebook, as a PNG in base64.

    Raises:
        ValueError: the notebook contains no such picture.
    """
    notebook = nbformat.read(FOLDER / "retargeting.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.source == CELL:
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return output.data["image/png"]
    raise ValueError(
        f"retargeting.ipynb shows no picture below {CELL}: run scripts/run_notebooks.py retargeting"
    )


def colour_or_shape() -> str:
    """The preferences of the agents of two objects, as a PNG in base64.

    Raises:
        FileNotFoundError: the experiment has not been run.
    """
    picture = (RESULTS / "colour_or_shape" / "preferences.png").read_bytes()
    return lighter(base64.b64encode(picture).decode())


if __name__ == "__main__":
    for draw in (cheese_vector, retargeting, colour_or_shape):
        path = DOCS / f"{draw.__name__}.png"
        with unfinished(path) as temporary:
            temporary.write_bytes(base64.b64decode(draw()))
        print(path, f"{path.stat().st_size / 1000:.0f} kB")
