"""Figures of ablations: numbers of channels can be read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from procgen_tools.studies.ablations import figures as ablations


def test_numbers_of_channels_do_not_collide() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "agent": "a",
            "level": 0,
            "layer": "embedder.block1.conv_out",
            "channel": channel,
            "removed": 0.2 if channel < 3 else 0.05 * rng.random(),
            "loss": 0.01 * rng.random(),
        }
        for channel in range(16)
    )
    figure = ablations.plot_channels(rows, ["embedder.block1.conv_out"])
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["0", "1", "2"]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[i + 1 :])
