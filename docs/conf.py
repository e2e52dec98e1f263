"""How Sphinx builds the documentation: `make docs`.

The source is the whole repository, so that Markdown files link to each other here as they do there.
"""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Any

project = "procgen_tools"
release = version_of("procgen-tools")
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "docs/**/*.md",
    "experiments/*.md",
    "experiments/crops_and_humans/*.md",
    "experiments/*.ipynb",
    "experiments/statistics/*.ipynb",
    "experiments/crops_and_humans/*.ipynb",
    "playground/*",
    "trained_models/README.md",
    "*.md",
]
exclude_patterns = [
    "docs/audits/**",
    "experiments/crops_and_humans/slides/**",
    "**/.ipynb_checkpoints",
]

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # tests run the notebooks, which are saved with their outputs
nb_merge_streams = True
# Widgets need a kernel: their pictures are in the README.
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]

suppress_warnings = [
    "myst.header",  # the README of the experiments goes from its title to the titles of studies
    "ref.python",  # names such as `level` in prose, which several classes have
]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
default_role = "py:obj"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def prepare(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Make code of what is code in a docstring for readers of plain text."""
    prepared: list[str] = []
    before = ""  # the last line that is not empty
    for line in lines:
        begins = line.startswith("    ") and not (before.startswith(" ") or before.endswith("::"))
        if what == "module" and begins and not prepared[-1]:
            prepared += ["::", ""]
        # Shapes such as `*position` are no emphasis.
        prepared.append(line.replace("*", r"\*") if line.startswith(":vartype") else line)
        before = line or before
    lines[:] = prepared


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", prepare, priority=900)


html_theme = "furo"
html_title = "procgen_tools"
html_theme_options = {"top_of_page_buttons": []}
html_static_path = ["static"]
html_css_files = ["docs.css"]
html_show_sphinx = False
html_show_copyright = False
