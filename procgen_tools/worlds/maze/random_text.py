"""The text of a `std::mt19937`, as in procgen's states.

libstdc++ writes 624 words and the position of the next one: 625 numbers, separated by spaces.
NumPy's MT19937 has the same words and position, because both make new words only when a number is
drawn at position 624. The same seed and number of draws therefore give the same text.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import UInt32
from numpy.random import MT19937

WORDS = 624
"""Words of a Mersenne twister; also the position at which new words are made."""


def seeded(seed: int, draws: int = 0) -> MT19937:
    """The generator `std::mt19937(seed)` after some draws; C++ takes seeds modulo 2**32."""
    generator = MT19937()
    generator._legacy_seeding(seed % 2**32)
    generator.random_raw(draws, output=False)
    return generator


def random_text(key: UInt32[np.ndarray, " word"], pos: int) -> str:
    """The text of a generator with the 624 words `key`, the next of which is `key[pos]`.

    Raises:
        ValueError: another number of words, a position outside 0..624.
    """
    if len(key) != WORDS or not 0 <= pos <= WORDS:
        raise ValueError(
            f"a mt19937 cannot have {len(key)} words and position {pos}: it has {WORDS} words, "
            f"and its position is in 0..{WORDS}"
        )
    return " ".join(map(str, [*key.tolist(), int(pos)]))


def parse_random_text(text: str) -> tuple[UInt32[np.ndarray, " word"], int]:
    """Words and position of a generator from its text: the inverse of `random_text`.

    Raises:
        ValueError: not a text of `std::mt19937`.
    """
    check_random_text(text)
    *words, pos = map(int, text.split(" "))
    if max(words) >= 2**32:
        raise ValueError(
            f"word {words.index(max(words))} of a mt19937 is {max(words)!s:.20}, not below 2**32"
        )
    return np.array(words, dtype=np.uint32), pos


def generator_text(generator: MT19937) -> str:
    """The text of a NumPy generator."""
    state = generator.state["state"]
    return random_text(state["key"], state["pos"])


def generator_from_text(text: str) -> MT19937:
    """A NumPy generator in the state of the text.

    Raises:
        ValueError: not a text of `std::mt19937`.
    """
    key, pos = parse_random_text(text)
    generator = MT19937()
    generator.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": pos}}
    return generator


def check_random_text(text: str) -> None:
    """Check the form of a generator's text (fast: no word is converted).

    Raises:
        ValueError: not 625 numbers separated by single spaces, or a position above 624.
    """
    if text.count(" ") != WORDS:
        raise ValueError(f"a mt19937 has {WORDS + 1} numbers, this text has {text.count(' ') + 1}")
    digits = text.replace(" ", "")
    if not (digits.isascii() and digits.isdecimal()) or "  " in text or text != text.strip():
        raise ValueError("the text of a mt19937 has only digits, and single spaces between numbers")
    pos = text.rpartition(" ")[2]
    if len(pos) > 3 or int(pos) > WORDS:
        raise ValueError(
            f"the last number of a mt19937 is its position, at most {WORDS}, not {pos:.20}"
        )


@cache
def unseeded_text() -> str:
    """The text of a generator that was never seeded (C++ seeds it with 5489)."""
    return generator_text(seeded(5489))
