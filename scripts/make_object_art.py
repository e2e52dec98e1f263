"""Make procgen_tools/worlds/two_objects/object_art.npz from the art of an installed procgen.

    python scripts/make_object_art.py

The script stores three pictures of Kenney's (CC0), which the first goal variants of the maze show.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from procgen_tools.worlds.two_objects.objects import ART_PATH

PICTURES = {
    "shaded_yellow_gem": "gemYellow",
    "shaded_red_gem": "gemRed",
    "shaded_yellow_star": "star",
}


def main() -> None:
    import procgen

    items = Path(procgen.__file__).parent / "data" / "assets" / "kenney" / "Items"
    art = {
        name: np.array(Image.open(items / f"{file}.png").convert("RGBA"))
        for name, file in PICTURES.items()
    }
    np.savez_compressed(ART_PATH, **art)
    print(f"{ART_PATH}: {ART_PATH.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
