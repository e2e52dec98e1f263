"""Bundles: one module from several, in the order in which they need each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from procgen_tools.web import bundle as home
from procgen_tools.web.bundle import MODULES, bundle, in_order, source, theme

NAMES = sorted(path.stem for path in MODULES.glob("*.js"))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(home, "MODULES", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_every_module_can_be_bundled(name: str) -> None:
    text = bundle(name)
    assert not re.search(r"^import ", text, re.MULTILINE)
    assert not re.search(r"^export (?!default)", text, re.MULTILINE)
    order = in_order(name)
    assert order[-1] == name
    assert len(set(order)) == len(order)
    for number, each in enumerate(order):
        needed = re.findall(r'from "\./(\w+)\.js"', source(each))
        assert set(needed) <= set(order[:number]), f"{each} is before what it needs"


@pytest.mark.parametrize("name", NAMES)
def test_every_imported_name_is_exported(name: str) -> None:
    """A bundle would hide a name that its home does not export."""
    for names, home_name in re.findall(
        r'^import \{([^}]*)\} from "\./(\w+)\.js"', source(name), re.MULTILINE
    ):
        exported = re.findall(
            r"^export (?:function|class|const) (\w+)", source(home_name), re.MULTILINE
        )
        wanted = {each.strip() for each in names.split(",") if each.strip()}
        assert wanted <= set(exported)
        rest = re.sub(r"^import \{[^}]*\}.*$", "", source(name), flags=re.MULTILINE)
        assert all(re.search(rf"\b{each}\b", rest) for each in wanted), "an import without use"


def test_what_is_stripped(written: Path) -> None:
    (written / "low.js").write_text("export const ONE = 1;\n")
    (written / "high.js").write_text(
        'import {\n  ONE,\n} from "./low.js";\n\nexport default { ONE };\n'
    )
    assert bundle("high") == (
        "// low.js\nconst ONE = 1;\n\n// high.js\n\nexport default { ONE };\n"
    )


def test_mistakes_are_named(written: Path) -> None:
    (written / "low.js").write_text("export function twice() {}\n")
    (written / "high.js").write_text('import { other } from "./low.js";\nconst twice = 2;\n')
    with pytest.raises(ValueError, match=r"low.js and high.js both define 'twice'"):
        bundle("high")
    with pytest.raises(ValueError, match=r"no module 'hihg'.*did you mean 'high'"):
        bundle("hihg")
    (written / "low.js").write_text('import { x } from "./high.js";\n')
    with pytest.raises(ValueError, match="circle: high -> low -> high"):
        bundle("high")


def test_the_style_sheet_is_light_and_dark() -> None:
    sheet = theme()
    assert "data-jp-theme-light" in sheet
    for colour in set(re.findall(r"#[0-9a-f]{6}\b", sheet)):
        assert sheet.count(colour) == 1, f"{colour} is in the style sheet twice"
    assert sheet.count("{") == sheet.count("}")
