"""Build the documentation as a website in build/docs: `make docs`.

    python scripts/make_docs.py

Sphinx reads the Markdown and the notebooks of this repository as they are. This script adds the
pages of the reference, one per public module, and the gallery, and puts the static page and the
audits beside them. Warnings are errors. Nothing is downloaded: without onnxruntime-web in the cache
of `procgen-tools page`, the site has no static page, and the script says so.
"""

from __future__ import annotations

import base64
import inspect
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import nbformat

from procgen_tools.page.runtime import cache_folder

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "procgen_tools"
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
GALLERY = DOCS / "gallery"
SITE = ROOT / "build" / "docs"
COURSE = ("exercises", "spoilers", "solutions")
LONGEST = 25
"""Lines of code above a picture of the gallery."""

ROOMS = {
    "Worlds": ("maze", "crops_and_humans", "keys_and_chests", "two_objects", "worlds"),
    "Networks": ("models", "hooks"),
    "Exact answers": (
        "fields",
        "vfield",
        "chains",
        "absorbing",
        "markov",
        "returns",
        "directedness",
    ),
    "Interventions": ("interventions", "effects"),
    "Measuring": ("statistics", "episodes", "evaluation"),
    "Training": ("training", "sweeps"),
    "Audits and studies": ("audit", "studies.base", "studies.rules", "studies.results"),
    "Figures and widgets": ("plots", "widgets", "app", "page", "web"),
    "Ground": ("catalogue", "shown", "checks", "files", "names"),
}
"""The parts of the package that have a reference, in the order of their pages."""


def modules_of(part: str) -> list[str]:
    """The public modules of a part, by their names below `procgen_tools`."""
    path = PACKAGE.joinpath(*part.split("."))
    if not path.is_dir():
        return [part]
    files = sorted(each.relative_to(PACKAGE) for each in path.rglob("*.py"))
    names = [".".join(each.with_suffix("").parts).removesuffix(".__init__") for each in files]
    return [name for name in names if not any(each.startswith("_") for each in name.split("."))]


def module_page(name: str) -> str:
    """The page of one module: what it says of itself, and its members."""
    directive = f".. automodule:: procgen_tools.{name}\n   :members:\n   :ignore-module-all:\n"
    page = f"# {name}\n\n```{{eval-rst}}\n{directive}```\n"
    elsewhere = re_exported(name)
    if elsewhere:
        rows = [f"| {{py:obj}}`{each} <{home}.{each}>` | `{home}` |" for each, home in elsewhere]
        page += "\n## Names from other modules\n\n| name | module |\n|---|---|\n"
        page += "\n".join(rows) + "\n"
    return page


def re_exported(name: str) -> list[tuple[str, str]]:
    """The public names that the face of a world or a package takes from other modules."""
    module = import_module(f"procgen_tools.{name}")
    found = []
    for each in getattr(module, "__all__", []):
        home = getattr(getattr(module, each), "__module__", None)
        if isinstance(home, str) and home.startswith("procgen_tools.") and home != module.__name__:
            found.append((each, home))
    return sorted(found)


def write_reference() -> None:
    """The pages of all public modules, and the page that lists them."""
    shutil.rmtree(REFERENCE, ignore_errors=True)
    REFERENCE.mkdir()
    index = ["# Reference", "", "Every public name, with its shapes, units, errors and an example."]
    listed = []
    for room, parts in ROOMS.items():
        names = [name for part in parts for name in modules_of(part)]
        listed += names
        index += ["", f"## {room}", "", "| module | |", "|---|---|"]
        for name in names:
            module = import_module(f"procgen_tools.{name}")
            about = (inspect.getdoc(module) or "").split("\n\n")[0].replace("\n", " ").rstrip(":")
            index.append(f"| [{name}]({name}.md) | {about} |")
            (REFERENCE / f"{name}.md").write_text(module_page(name), encoding="utf-8")
    index += ["", "```{toctree}", ":hidden:", "", *listed, "```"]
    (REFERENCE / "index.md").write_text("\n".join(index) + "\n", encoding="utf-8")


def write_notebooks_page() -> None:
    """The page that lists the notebooks."""
    lines = ["# Notebooks"]
    for title, paths in notebooks().items():
        names = [path.relative_to(ROOT).with_suffix("").as_posix() for path in paths]
        rows = [f"../{name}" for name in names]
        lines += ["", "```{toctree}", f":caption: {title}", ":maxdepth: 1", "", *rows, "```"]
    (DOCS / "notebooks.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_gallery() -> None:
    """The pictures of the notebooks, each below the lines that make it."""
    shutil.rmtree(GALLERY, ignore_errors=True)
    GALLERY.mkdir()
    lines = [
        "# Gallery",
        "",
        "Every picture is from a notebook, below the lines that make it. What these lines take",
        "from above, such as a policy and a level, is in the notebook.",
    ]
    listed = notebooks()
    for path in listed["To copy"] + listed["Studies"]:
        notebook = nbformat.read(path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        shown = [
            (cell, picture_of(cell)) for cell in cells if 1 < cell.source.count("\n") < LONGEST
        ]
        shown = [(cell, picture) for cell, picture in shown if picture]
        if not shown:
            continue
        title = notebook.cells[0].source.splitlines()[0].strip("# ")
        lines += [
            "",
            f"## {title}",
            "",
            f"From [{path.stem}](../{path.relative_to(ROOT).as_posix()}):",
        ]
        for number, (cell, picture) in enumerate(shown):
            name = f"{path.stem}_{number}.png"
            (GALLERY / name).write_bytes(base64.b64decode(picture))
            lines += [
                "",
                "```python",
                cell.source,
                "```",
                "",
                f"![A figure of {path.stem}](gallery/{name})",
            ]
    (DOCS / "gallery.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def picture_of(cell: nbformat.NotebookNode) -> str:
    """The last picture that a cell shows, as base64; empty if it shows none."""
    pictures = [output.get("data", {}).get("image/png", "") for output in cell.outputs]
    return next(filter(None, reversed(pictures)), "")


def notebooks() -> dict[str, list[Path]]:
    """The notebooks that are pages, by the title of their list."""
    studies = sorted((ROOT / "experiments").rglob("*.ipynb"))
    lessons = [path for path in studies if path.stem in COURSE]
    return {
        "To copy": sorted((ROOT / "playground").glob("*.ipynb")),
        "Studies": [path for path in studies if path not in lessons],
        "The course": lessons,
    }


def add_pages() -> None:
    """The audits, the static page, and an address at the top of the site."""
    for audit in (DOCS / "audits").iterdir():
        shutil.copytree(audit, SITE / "docs" / "audits" / audit.name, dirs_exist_ok=True)
    forward = (
        '<!doctype html><title>procgen_tools</title><meta http-equiv="refresh" content="0; url='
    )
    (SITE / "index.html").write_text(f'{forward}docs/index.html">\n', encoding="utf-8")
    if any(cache_folder().glob("*.wasm")):
        command = [sys.executable, "-m", "procgen_tools.cli", "page", SITE / "docs" / "page"]
        subprocess.run([*command, "--agent", "rand_region_5"], check=True)
    else:
        print("no static page: run `procgen-tools page` once, which fetches onnxruntime-web")


def build() -> None:
    """Make the whole site."""
    write_reference()
    write_notebooks_page()
    write_gallery()
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "2", "-c", DOCS]
    command += ["-d", SITE.parent / "doctrees"]
    subprocess.run([*command, ROOT, SITE], check=True)
    add_pages()
    print(SITE / "index.html")


if __name__ == "__main__":
    build()
