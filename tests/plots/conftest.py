"""Figures that a test leaves open are closed after it."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    plt.close("all")
