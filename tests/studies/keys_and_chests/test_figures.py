"""Figures of the study: titles state what the tables have, and everyone is drawn."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.text import Text

from procgen_tools.models import CnnLstmPolicy
from procgen_tools.studies.keys_and_chests import figures
from procgen_tools.studies.keys_and_chests.fields_shown import fields_of, fields_table
from procgen_tools.studies.keys_and_chests.measure import Member
from tests.studies.keys_and_chests.test_claims import AGENTS, PLAYERS, tables


def words(figure: Figure) -> str:
    texts = [text.get_text() for text in figure.texts]
    return " ".join([figure.get_suptitle(), *texts]).replace("\n", " ")


def test_returns_name_keys_and_aims() -> None:
    figure = figures.plot_returns(tables()["scores"])
    assert "take 9.0 keys, and open only 0.7 chests more" in words(figure)
    assert [ax.get_title() for ax in figure.axes] == ["train variant", "test variant"]


def test_the_inventory_has_a_panel_per_agent() -> None:
    table = tables()["inventory"]
    table.loc[table["inputs"] == "frame", ["value", "low", "high"]] = 0.25
    figure = figures.plot_inventory(table)
    assert [ax.get_title() for ax in figure.axes] == list(AGENTS)
    assert "R² 0.60; from the frame 0.25, from untrained networks 0.60" in words(figure)
    assert all(len(ax.lines) == 7 for ax in figure.axes)


def test_steering_compares_with_random_directions() -> None:
    figure = figures.plot_steering(tables()["steering"])
    assert "0.20 along the probe and 0.30 along the slope; random directions: 0.00 to 0.04" in (
        words(figure)
    )
    assert len(figure.axes) == 6
    notes = [artist for artist in figure.artists if isinstance(artist, Text)]
    assert any("n = 6 levels" in note.get_text().replace("\n", " ") for note in notes)


def test_the_exchange_shows_every_player() -> None:
    found = tables()
    figure = figures.plot_exchange(found["choices"], found["rates"])
    assert "the key first in 0.80 at equal distances (0.80 without" in words(figure)
    assert "worth +2.5 steps" in words(figure)
    labels = figure.axes[1].get_legend_handles_labels()[1]
    assert labels == list(PLAYERS)


def test_attraction_and_pairs_state_both_sides() -> None:
    found = tables()
    assert "attracts by 0.60; one more key than there are chests by 0.50" in words(
        figures.plot_attraction(found["attraction"])
    )
    assert "draws agents by +0.50, a chest there by +0.10" in words(
        figures.plot_pairs(found["pairs"])
    )


def test_two_memories_of_one_frame() -> None:
    table = fields_table(Member("mine", CnnLstmPolicy("small").eval(), own=True))
    found = fields_of(table)
    variation = found[0].total_variation(found[1])
    shown = words(figures.plot_fields(table))
    assert f"differ by {variation.mean():.2f} on average" in shown
    place = tuple(found[0].states.players[0])
    here = [tuple(each) for each in found[0].squares].index(place)
    assert f"by {variation[here]:.2f} where the player is" in shown
