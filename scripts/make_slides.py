#!/usr/bin/env python3
"""Make the slides of the course on crops and humans, as PDF.

    python scripts/make_slides.py            # into experiments/crops_and_humans/slides/
    python scripts/make_slides.py FOLDER

The decks are text files (slides/*.typ), and take measured numbers from numbers.json. Typst
typesets them without a network, with fonts that are bundled with Typst and matplotlib, so the
slides look the same everywhere.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib

from procgen_tools.files import unfinished

COURSE = Path(__file__).parents[1] / "experiments" / "crops_and_humans"
SLIDES = COURSE / "slides"
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def decks() -> list[Path]:
    """The sources of the decks, in order."""
    return sorted(SLIDES.glob("[0-9]_*.typ"))


def build(folder: Path) -> list[Path]:
    """Typeset every deck into a folder.

    Args:
        folder: folder for the PDFs, which is created if it is missing.

    Raises:
        SystemExit: Typst is not installed, or a deck has an error or overflows a page.
    """
    try:
        import typst
    except ImportError:
        raise SystemExit("typst is not installed: pip install 'procgen-tools[dev]'") from None
    made = []
    for deck in decks():
        compiler = typst.Compiler(deck, root=COURSE, font_paths=[FONTS], ignore_system_fonts=True)
        try:
            pdf, warnings = compiler.compile_with_warnings(format="pdf")
        except typst.TypstError as error:
            raise SystemExit(f"{deck.name}: {error.diagnostic or error}") from None
        for warning in warnings:
            print(f"{deck.name}: {warning.message}", file=sys.stderr)
        assert isinstance(pdf, bytes)
        path = folder / f"{deck.stem}.pdf"
        with unfinished(path) as temporary:
            temporary.write_bytes(pdf)
        made.append(path)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=SLIDES)
    for path in build(parser.parse_args().folder):
        print(path)


if __name__ == "__main__":
    main()
