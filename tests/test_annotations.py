"""What conftest.py promises: annotations are checked while testing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "procgen_tools"
AROUND_KERNELS = {
    "procgen_tools",
    "procgen_tools.worlds",
    "procgen_tools.worlds.keys_and_chests",
    "procgen_tools.worlds.maze",
}


def test_every_module_but_the_kernels_is_loaded_through_the_hook() -> None:
    """Those that are not loaded yet will be. The packages around the kernels are left out too."""
    unchecked = set()
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        spec = importlib.util.find_spec(name)
        assert spec is not None
        if not type(spec.loader).__module__.startswith("jaxtyping"):
            unchecked.add(name)
    kernels = {name for name in unchecked if name.endswith("kernels")}
    assert len(kernels) == 5
    assert unchecked - kernels == AROUND_KERNELS
