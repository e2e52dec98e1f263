"""The pairs of objects of the published study, and what was published about them."""

from __future__ import annotations

OTHER_COLOURS = ("black", "blue", "cyan", "green", "purple", "white", "yellow")

BLACK_PAIRS = (
    ("yellow_line", "black_gem"),
    ("red_line", "green_line"),
    ("red_line", "yellow_gem"),
    ("yellow_gem", "red_line"),
    ("yellow_line", "yellow_line"),
    *((f"{colour}_line", "yellow_gem") for colour in OTHER_COLOURS),
    ("green_line", "red_line"),
    ("white_line", "yellow_line"),
    ("black_gem", "black_gem"),
)
"""The pairs on black backgrounds, the rewarded object first."""

TEXTURED_PAIRS = tuple(pair for pair in BLACK_PAIRS if pair != ("yellow_gem", "red_line"))
"""The pairs on textured backgrounds."""

PUBLISHED_RANGE = (0.22, 0.75)
"""The least and largest preference for the red line against the yellow gem among 100 agents (PPO,
read off the published figure)."""

PUBLISHED_MEDIAN = 0.46

NEAREST = (0.438, 0.517)
"""The preference of an agent that goes to the nearer object: at least the share of the levels in
which the first is nearer, at most this and the ties."""
