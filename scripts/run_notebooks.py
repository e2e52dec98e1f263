"""Run the notebooks of experiments/ and keep their outputs: `make notebooks`.

    python scripts/run_notebooks.py                          # all
    python scripts/run_notebooks.py cheese_vector probing    # some

A notebook that fails stays as it was.
"""

from __future__ import annotations

import base64
import sys
from io import BytesIO
from pathlib import Path

import nbformat
import papermill
from PIL import Image

from procgen_tools.files import unfinished

FOLDER = Path(__file__).parents[1] / "experiments"


def notebooks(names: list[str]) -> list[Path]:
    """The notebooks of these names, or all."""
    found = {path.stem: path for path in sorted(FOLDER.rglob("*.ipynb"))}
    found.pop("exercises", None)  # stops at its first blank
    unknown = set(names) - set(found)
    if unknown:
        raise SystemExit(f"no notebook {unknown.pop()!r}: there are {', '.join(found)}")
    return [found[name] for name in names or found]


def run(path: Path) -> None:
    """Execute one where it stands; keep what its readers see, and nothing of this machine."""
    with unfinished(path) as temporary:
        papermill.execute_notebook(
            path, temporary.with_suffix(".ipynb"), cwd=path.parent, progress_bar=False
        )
        made = temporary.with_suffix(".ipynb")
        notebook = nbformat.read(made, as_version=4)
        made.unlink()
        notebook.metadata = {
            "kernelspec": notebook.metadata["kernelspec"],
            "language_info": {"name": "python"},
        }
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            cell.metadata = {"tags": ["parameters"]} if "parameters" in tags else {}
            if cell.cell_type == "code":
                # Progress bars are for the one who waits.
                cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
                for output in cell.outputs:
                    # A saved widget is dead: its picture stays.
                    output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
                    if "image/png" in output.get("data", {}):
                        output.data["image/png"] = lighter(output.data["image/png"])
        temporary.write_text(nbformat.writes(notebook), encoding="utf-8")


def lighter(picture: str) -> str:
    """A PNG in base64 with 256 colours, which nobody misses in a figure, a third as large."""
    image = Image.open(BytesIO(base64.b64decode(picture))).convert("RGB")
    written = BytesIO()
    image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE).save(
        written, format="PNG", optimize=True
    )
    return base64.b64encode(written.getvalue()).decode()


if __name__ == "__main__":
    for notebook in notebooks(sys.argv[1:]):
        print(notebook.name, flush=True)
        run(notebook)
