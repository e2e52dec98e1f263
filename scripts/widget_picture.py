"""Draw docs/field_explorer.webp: the field explorer in a headless Chromium, as its tests use it.

python -m scripts.widget_picture
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from procgen_tools import maze, models
from procgen_tools.widgets.field_explorer import FieldExplorer
from tests.browser import Hosted, chromium_path

DOCS = Path(__file__).parents[1] / "docs"
LEVEL, AGENT, COEFFICIENT = 51, "rand_region_5", -1.0


def main(path: Path = DOCS / "field_explorer.webp") -> None:
    explorer = FieldExplorer(maze.make_level(LEVEL), models.load_policy(AGENT))
    explorer.choose("cheese vector", coefficient=COEFFICIENT)
    explorer.wait()
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1040, "height": 700})
        Hosted(page, explorer).talk(1.0)
        shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        browser.close()
    shot.convert("RGB").save(path, quality=85, method=6)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
