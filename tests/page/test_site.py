"""Writing the page: what it contains, and mistakes that are named before anything is written."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

from procgen_tools.catalogue import find_agent
from procgen_tools.maze import make_level
from procgen_tools.models import RecurrentPolicy, save_policy
from procgen_tools.page import site
from procgen_tools.page.folder import AGENT_FILE, RUNTIME_FILE
from procgen_tools.page.runtime import Runtime
from procgen_tools.page.tables import table_bytes
from procgen_tools.web.scenes import level_of

pytest.importorskip("onnx")


@pytest.fixture(autouse=True)
def _small_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "load_runtime", lambda folder: Runtime(b"script", b"wasm"))


def config_of(index: Path) -> dict:
    text = index.read_text(encoding="utf-8")
    found = re.search(r'<script id="config" type="application/json">(.*?)</script>', text, re.S)
    assert found
    return json.loads(found[1])


def parts_of(script: Path) -> dict[str, bytes]:
    found = re.fullmatch(
        r"Object\.assign\(\(globalThis\.procgenParts \?\?= \{\}\), (.*)\);\n", script.read_text()
    )
    assert found
    packed = json.loads(found[1])
    return {name: gzip.decompress(base64.b64decode(part)) for name, part in packed.items()}


def test_a_page_has_all_that_its_script_reads(tmp_path: Path) -> None:
    page = site.write_page(tmp_path / "page", seed=3, coefficient=-0.5)
    assert {path.name for path in page.index.parent.iterdir()} == set(page.files)
    for name, size in page.files.items():
        assert (page.index.parent / name).stat().st_size == size
    config = config_of(page.index)
    levels = [level_of(each["scene"]) for each in config["levels"]]
    assert levels[0] == make_level(3)
    assert len(levels) == 1 + site.MORE_LEVELS
    assert all(level.decision() is not None for level in levels[1:])
    assert config["coefficient"] == -0.5
    assert config["shape"] == [32, 16, 16]
    folder = page.index.parent
    assert parts_of(folder / RUNTIME_FILE) == {"runtime": b"script", "wasm": b"wasm"}
    agent = parts_of(folder / AGENT_FILE)
    assert agent["tables25"] == table_bytes(25)
    assert set(agent) == {"before", "after", "tables15", "tables25"}
    text = page.index.read_text(encoding="utf-8")
    assert "{{" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert "rand_region_5" in text
    assert "98.0% [96.4%, 98.9%]" in text
    assert text.count("</script>") == 2, "a script that ends early shows its rest as text"
    # The same page again replaces it, with the same bytes.
    before = {name: (folder / name).read_bytes() for name in page.files}
    site.write_page(folder, seed=3, coefficient=-0.5)
    assert {name: (folder / name).read_bytes() for name in page.files} == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"agent": "no_such_agent"}, "there is no agent"),
        ({"agent": "black_same_data_seed_0"}, "agent of two_objects, which has no page: give"),
        ({"coefficient": 4.0}, r"coefficient 4.0 .* outside -3..3: give one inside"),
        ({"coefficient": float("nan")}, "coefficient nan"),
        ({"layer": "embedder.fc"}, "does not determine all later activations: choose one of"),
        ({"seed": -1}, "-1"),
    ],
)
def test_mistakes_are_named_before_anything_is_written(
    given: dict, message: str, tmp_path: Path
) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        site.write_page(tmp_path / "page", **given)
    assert list(tmp_path.iterdir()) == []


def test_agents_with_a_memory_and_other_files_are_refused(tmp_path: Path) -> None:
    save_policy(RecurrentPolicy(), tmp_path / "memory.pth")
    with pytest.raises(ValueError, match="a policy with a memory cannot be exported"):
        site.write_page(tmp_path / "page", tmp_path / "memory.pth")
    with pytest.raises(ValueError, match=r"memory.pth is a file: name a folder"):
        site.write_page(tmp_path / "memory.pth")
    with pytest.raises(ValueError, match=r"has other files, .*: name a new or empty folder"):
        site.write_page(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["memory.pth"]


def test_an_agent_of_ones_own_has_no_scores(tmp_path: Path) -> None:
    copy = tmp_path / "mine" / "own.pth"
    copy.parent.mkdir()
    copy.write_bytes(find_agent("rand_region_5").read_bytes())
    index = site.write_page(tmp_path / "page", copy).index
    assert "The agent on this page is own. No scores are stored for it." in index.read_text()


TABLE = Path(__file__).parents[2] / "experiments" / "README.md"


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (r"median \.81 → \.03 \(mean \.619 → \.093\)", "probability of .62, and of .09"),
        (r"mean before 0\.50 .*?; mean after 0\.13 ", "the means are .50 and .13"),
        (r"\(exact, within 500 steps\) \| none \| before 0\.48 .*?; after 0\.09 ",
         "falls from .48 to .09"),
        (r"Adding the vector does about nothing .* change of P 0\.10 ", "the cheese by .10"),
        (r"random direction of the same norm breaks the policy.* P cheese 0\.00 ",
         "changed next to nothing in ours"),
        (r"own -0\.37 .*; elsewhere -0\.00 ", "it had no effect on average"),
        (r"it takes along .* cheese 96\.3% ", "with a chance of .96"),
        (r"visits the top right 92\.8% ", "visit the top right with a chance of .93"),
    ],
)  # fmt: skip
def test_the_text_tells_what_was_measured(measured: str, told: str) -> None:
    """Numbers of the text are in the table of experiments, which is generated."""
    assert re.search(measured, TABLE.read_text(encoding="utf-8"))
    text = (Path(site.__file__).parent / "page.html").read_text(encoding="utf-8")
    assert told in " ".join(text.split())
