"""What settings of all trainers have in common: bounds, choices and meanings."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from procgen_tools.training.base_settings import Settings, setting
from procgen_tools.training.settings import (
    TRAINERS,
)


@dataclass(frozen=True)
class Example(Settings):
    count: int = setting(3, "things", low=1, high=5)
    share: float | None = setting(0.5, "fraction of things", low=0, high=1)
    colour: str = setting("red", "colour of things", choices=("red", "blue"))
    loud: bool = setting(False, "whether to shout", low=5)


def test_bounds_are_allowed_and_what_lies_beyond_is_not() -> None:
    for count in (1, 5):
        assert Example(count=count).count == count
    for count in (0, 6):
        with pytest.raises(ValueError, match=rf"count is {count}: .* from 1 to 5 \(things\)"):
            Example(count=count)
    with pytest.raises(ValueError, match="share is nan"):
        Example(share=float("nan"))


def test_choices_are_named() -> None:
    assert Example(colour="blue").colour == "blue"
    with pytest.raises(ValueError, match="'bleu': choose one of red, blue; did you mean 'blue'"):
        Example(colour="bleu")


def test_what_is_missing_or_true_or_false_has_no_bounds() -> None:
    assert Example(share=None).share is None
    assert Example(loud=True).loud


def test_by_default_there_is_one_precision_and_nothing_to_time() -> None:
    assert Example().precision == "float32"
    assert Example().timed is None


@pytest.mark.parametrize("trainer", TRAINERS)
def test_every_setting_says_what_it_means(trainer: str) -> None:
    for each in fields(TRAINERS[trainer].settings):
        assert len(each.metadata["meaning"]) > 5, each.name
