"""Draw the pictures of the README: those of PICTURES in docs/, and the video keys_and_chests.gif.

    python scripts/doc_pictures.py

The first is the picture of the demo. The second is taken from the last run of the retargeting
notebook, the third and fourth from the last runs of `procgen-tools experiment colour_or_shape` and
`keys_and_chests`, and the fifth from an audit. The video shows one level of each variant of keys
and chests.
"""

from __future__ import annotations

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from run_notebooks import lighter

from procgen_tools import demo
from procgen_tools.audit import audit
from procgen_tools.audit.figures import plot_goal_maps
from procgen_tools.episodes.keys import play, policy_actor
from procgen_tools.episodes.videos import write_video
from procgen_tools.files import unfinished
from procgen_tools.models.checkpoints import load_cnn_lstm
from procgen_tools.shown import figure_png
from procgen_tools.studies.results import FOLDER as RESULTS
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_level

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOKS = Path(__file__).parents[1] / "experiments"
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
    notebook = nbformat.read(NOTEBOOKS / "retargeting.ipynb", as_version=4)
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


def keys_or_chests() -> str:
    """The choices between a key and a chest, as a PNG in base64.

    Raises:
        FileNotFoundError: the experiment has not been run.
    """
    picture = (RESULTS / "keys_and_chests" / "exchange.png").read_bytes()
    return lighter(base64.b64encode(picture).decode())


def goal_maps() -> str:
    """How well being at each square explains an agent, as a PNG in base64.

    Takes the audit in audits/rand_region_5 if there is one, and makes it otherwise, in minutes.
    """
    kept = Path("audits") / "rand_region_5" / "parts"
    found = audit("rand_region_5", folder=kept, progress_bar=True)
    return lighter(base64.b64encode(figure_png(plot_goal_maps(found), dpi=110)).decode())


def keys_video(path: Path, level: int = 2) -> None:
    """A video of one agent in a level of the train variant and in one of the test variant.

    Args:
        path: the file, which ends in .gif.
        level: the seed of both levels.
    """
    policy = load_cnn_lstm("keys_and_chests/seed_0")
    panels = {}
    for variant, rule in VARIANTS.items():
        played = play(policy_actor(policy, seed=0), [make_level(level, rule)])
        panels[f"{variant} variant: {played.collected_keys[0]} keys taken"] = played[0]
    write_video(path, panels, frames_per_second=10, square_pixels=16)


PICTURES = (cheese_vector, retargeting, colour_or_shape, keys_or_chests, goal_maps)

if __name__ == "__main__":
    keys_video(DOCS / "keys_and_chests.gif")
    for draw in PICTURES:
        path = DOCS / f"{draw.__name__}.png"
        with unfinished(path) as temporary:
            temporary.write_bytes(base64.b64decode(draw()))
        print(path, f"{path.stat().st_size / 1000:.0f} kB")
