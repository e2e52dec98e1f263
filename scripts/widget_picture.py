"""Draw the pictures of widgets and of the page of crops and humans in a headless Chromium.

python -m scripts.widget_picture
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, sync_playwright

from procgen_tools import maze, models
from procgen_tools.page.crops_page import AGENT as AGENT_OF_COURSE
from procgen_tools.studies.crops_and_humans.course import try_mazes
from procgen_tools.widgets.activation_browser import ActivationBrowser
from procgen_tools.widgets.field_explorer import FieldExplorer
from procgen_tools.worlds.crops_and_humans.levels import HUMAN, Mazes, training_mazes
from procgen_tools.worlds.crops_and_humans.walks import greedy, play
from tests.browser import Hosted, chromium_path

DOCS = Path(__file__).parents[1] / "docs"
LEVEL, AGENT, COEFFICIENT = 51, "rand_region_5", -1.0
CHANNEL, CLAMP, SQUARE = 7, 5.5, (6, 2)


def explorer() -> FieldExplorer:
    """Level 51 with the cheese vector subtracted."""
    widget = FieldExplorer(maze.make_level(LEVEL), models.load_policy(AGENT))
    widget.choose("cheese vector", coefficient=COEFFICIENT)
    widget.wait()
    return widget


def browser_of_activations() -> ActivationBrowser:
    """Level 51 with and without cheese, and a clamped cell."""
    level = maze.make_level(LEVEL)
    policy, other = models.load_policy(AGENT), maze.remove_cheese(level)
    widget = ActivationBrowser(level, policy, channel=CHANNEL, other=other)
    widget.clamp(CLAMP, square=SQUARE)
    widget.wait()
    return widget


def draw(browser: Browser, widget: Any, path: Path, shown: str) -> None:
    """Write a screenshot of the part of a widget that a selector finds."""
    page = browser.new_page(viewport={"width": 1040, "height": 700})
    Hosted(page, widget).talk(1.0)
    save(page.locator(shown).first, path)
    page.close()


def harvested_maze() -> Mazes:
    """The first training maze with a human in which the agent harvests a crop and exits."""
    mazes = training_mazes()
    fates = play(greedy(models.load_q_network(AGENT_OF_COURSE)), mazes).fates
    return mazes[fates.exits & (fates.crops > 0) & (mazes == HUMAN).any(axis=(1, 2))][:1]


def draw_crops_page(browser: Browser, path: Path) -> None:
    """Write a screenshot of a maze to try, as the course shows it."""
    page = browser.new_page(viewport={"width": 900, "height": 700})
    page.set_content(try_mazes(mazes={"training": harvested_maze()}).document)
    page.evaluate("procgenPage.ready.then(() => null)")
    page.wait_for_timeout(500)  # pictures of things are loaded, and the maze is drawn
    save(page.locator("main"), path)
    page.close()


def save(shown: Locator, path: Path) -> None:
    """Write a screenshot of a part of a page."""
    shot = Image.open(io.BytesIO(shown.screenshot()))
    shot.convert("RGB").save(path, quality=85, method=6)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def main(folder: Path = DOCS) -> None:
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        draw(browser, explorer(), folder / "field_explorer.webp", "body")
        draw(
            browser, browser_of_activations(), folder / "activation_browser.webp", "#widget section"
        )
        draw_crops_page(browser, folder / "crops_page.webp")
        browser.close()


if __name__ == "__main__":
    main()
