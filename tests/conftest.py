"""Shapes and types in annotations are checked while testing, everywhere but in compiled loops."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import hypothesis
import jaxtyping
import matplotlib
import pytest
import torch

PACKAGE = Path(__file__).parents[1] / "procgen_tools"

matplotlib.use("Agg")

# Tests run side by side: one thread each is faster than two that wait for each other.
torch.set_num_threads(1)

# Machines that test are busy: a slow example is no failure.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")


def annotated_modules() -> list[str]:
    """Every module of the package but `kernels`, whose functions numba compiles."""
    found = pkgutil.walk_packages([str(PACKAGE)], "procgen_tools.")
    return [
        module.name for module in found if not module.ispkg and not module.name.endswith(".kernels")
    ]


jaxtyping.install_import_hook(annotated_modules(), "beartype.beartype")


@pytest.fixture(scope="session")
def bfloat16() -> None:
    """Skips tests that compute in bfloat16 where it does not work, which may kill a process."""
    from procgen_tools.training.precision_choice import Work, measure

    speeds = measure(Work(scale=1, batch=16, threads=1, seconds=0.0))
    if speeds.bfloat16 is None:
        pytest.skip(f"bfloat16 does not work here: {speeds.failure}")
