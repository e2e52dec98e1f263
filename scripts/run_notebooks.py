"""Run the notebooks of experiments/ and playground/ and save their outputs: `make notebooks`.

    python scripts/run_notebooks.py                          # all
    python scripts/run_notebooks.py cheese_vector probing    # some

A notebook that fails is left unchanged.
"""

from __future__ import annotations

import base64
import sys
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import papermill
from jaxtyping import Bool, Int, UInt8
from matplotlib.colors import to_rgb
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from scipy.spatial import cKDTree

from procgen_tools.files import unfinished
from procgen_tools.plots.style import look_colours

FOLDERS = [Path(__file__).parents[1] / name for name in ("experiments", "playground")]
PALETTE = 256
FREQUENT, FLAT = 48, 200
"""Number of palette entries for the most frequent colours, and for these and those of flat
areas."""
RUN = 9
"""Number of adjacent pixels of one colour that make a flat area."""
FARTHEST = 14
"""Largest change of a pixel's red, green or blue, of 255, which is invisible in a texture."""
SMALL = 90_000
"""Size in bytes up to which a picture needs no palette."""


def notebooks(names: list[str]) -> list[Path]:
    """The notebooks with these names, or all notebooks."""
    found = {path.stem: path for folder in FOLDERS for path in sorted(folder.rglob("*.ipynb"))}
    found.pop("exercises", None)  # stops at its first blank
    unknown = set(names) - set(found)
    if unknown:
        raise SystemExit(f"no notebook {unknown.pop()!r}: there are {', '.join(found)}")
    return [found[name] for name in names or found]


def run(path: Path) -> None:
    """Execute a notebook in its folder. Save what readers see, and nothing about this machine."""
    with unfinished(path) as temporary:
        made = temporary.with_suffix(".ipynb")
        try:
            papermill.execute_notebook(path, made, cwd=path.parent, progress_bar=False)
            notebook = nbformat.read(made, as_version=4)
        finally:
            made.unlink(missing_ok=True)
        notebook.metadata = {
            "kernelspec": notebook.metadata["kernelspec"],
            "language_info": {"name": "python"},
        }
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            cell.metadata = {"tags": ["parameters"]} if "parameters" in tags else {}
            if cell.cell_type == "code":
                # Readers do not need progress bars.
                cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
                for output in cell.outputs:
                    # A saved widget does not work, so only its picture is kept.
                    output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
                    if "image/png" in output.get("data", {}):
                        output.data["image/png"] = lighter(output.data["image/png"])
                        # A page in a frame is large, and most readers of a saved notebook do not
                        # see it. Its picture says how to get it.
                        if " srcdoc=" in output.data.get("text/html", ""):
                            del output.data["text/html"]
        temporary.write_text(nbformat.writes(notebook), encoding="utf-8")


def lighter(picture: str) -> str:
    """A PNG in base64, compressed without a visible difference.

    Pictures with few colours and small files keep their pixels. Other pictures get their own
    palette, which keeps the colours of legends exactly and changes no other colour by more than
    `FARTHEST`. If there is no such palette, they keep their pixels.
    """
    image = Image.open(BytesIO(base64.b64decode(picture))).convert("RGB")
    whole = _png(image)
    pixels = np.asarray(image)
    packed = pixels.reshape(-1, 3).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    _, first, places, counts = np.unique(
        packed, return_index=True, return_inverse=True, return_counts=True
    )
    colours = pixels.reshape(-1, 3)[first]
    if len(whole) <= SMALL and len(colours) > PALETTE:
        return base64.b64encode(whole).decode()
    grid = places.reshape(pixels.shape[:2])
    runs = sliding_window_view(grid[:, 1:] == grid[:, :-1], RUN, axis=1).all(axis=2)
    flat = np.bincount(grid[:, :-RUN][runs], minlength=len(colours)) > 0
    palette = palette_of(colours, counts, flat)
    distances, nearest = cKDTree(palette).query(colours, p=np.inf)
    if distances.max() > FARTHEST:
        return base64.b64encode(whole).decode()
    indexed = Image.fromarray(nearest[grid].astype(np.uint8), "P")
    indexed.putpalette(palette.tobytes())
    return base64.b64encode(min(whole, _png(indexed), key=len)).decode()


def palette_of(
    colours: UInt8[np.ndarray, "colour 3"],
    counts: Int[np.ndarray, " colour"],
    flat: Bool[np.ndarray, " colour"],
) -> UInt8[np.ndarray, "entry 3"]:
    """Choose at most 256 colours of a picture.

    These are the colours of legends, the most frequent colours, the colours of flat areas such
    as colour bars (almost unchanged), and then the colours that are farthest from any of these.
    """
    of_looks = {tuple(round(255 * part) for part in to_rgb(colour)) for colour in look_colours()}
    exact = np.array([tuple(colour) in of_looks for colour in colours.tolist()])
    order = np.lexsort((-counts, ~exact))
    chosen = list(order[: exact.sum() + FREQUENT])
    signed = colours.astype(int)
    distances = np.abs(signed[:, None] - signed[chosen]).max(axis=2).min(axis=1)
    for candidates, entries, near in ((flat, FLAT, 1), (np.ones_like(flat), PALETTE, 0)):
        while len(chosen) < entries and (distances * candidates).max() > near:
            chosen.append(int((distances * candidates).argmax()))
            distances = np.minimum(distances, np.abs(signed - signed[chosen[-1]]).max(axis=1))
    return colours[chosen]


def _png(image: Image.Image) -> bytes:
    written = BytesIO()
    image.save(written, format="PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    for notebook in notebooks(sys.argv[1:]):
        print(notebook.name, flush=True)
        run(notebook)
