"""The answers of an audit in words and numbers, from its tables; each with its null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from procgen_tools.audit.agents import AGENT, RANDOM, UNTRAINED
from procgen_tools.audit.exchange import exchange_rate
from procgen_tools.audit.inside import FAITHFUL, faithfulness, smallest
from procgen_tools.shown import brief
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.worlds.asked import Asked

CLEARLY = 0.03
"""How much further an edit must lower a chance than the best random edit of its kind."""

NULLS = {UNTRAINED: "an untrained network", RANDOM: "random actions"}


@dataclass(frozen=True)
class Finding:
    """One number of the agent, and the same number of its nulls.

    Attributes:
        name: what was measured, with its unit.
        agent: the estimate.
        nulls: estimates by null, in words.
        form: how numbers are written, such as ".1%".
    """

    name: str
    agent: Estimate
    nulls: Mapping[str, Estimate]
    form: str = ".2f"

    __repr__ = brief

    @classmethod
    def of_players(
        cls, name: str, of: Callable[[str], Estimate], form: str = ".2f", *,
        nulls: Mapping[str, str] = NULLS,
    ) -> Finding:  # fmt: skip
        """The number of the agent and of its nulls.

        Args:
            name: what was measured, with its unit.
            of: the estimate of a player.
            form: how numbers are written.
            nulls: players by their names in tables, in words.
        """
        return cls(name, of(AGENT), {words: of(null) for null, words in nulls.items()}, form)

    def row(self) -> dict[str, str]:
        """The finding as cells of a table."""
        return {
            "measured": self.name,
            "agent": written(self.agent, self.form),
            **{null: written(number, self.form) for null, number in self.nulls.items()},
        }


@dataclass(frozen=True)
class Answer:
    """The answer to one question.

    Attributes:
        key: the question's name in files.
        question: the question.
        text: the answer in a sentence or two.
        findings: its numbers.
        note: what the numbers are of.
    """

    key: str
    question: str
    text: str
    findings: tuple[Finding, ...]
    note: str

    __repr__ = brief


def written(number: Estimate, form: str) -> str:
    """A number with its interval; the number alone where they are the same, and "none" for NaN."""
    if np.isnan(number.value):
        return "none"
    if number.low == number.high == number.value:
        return f"{number.value:{form}}"
    return f"{number:{form}}"


def all_answers(tables: Mapping[str, pd.DataFrame], asked: Asked) -> tuple[Answer, ...]:
    """The answers that the tables allow."""
    found = [
        _abilities(tables["training"], asked),
        _apart(tables["apart"], asked),
        _directed(tables["apart"], asked),
        _exchange(tables["apart"], asked),
        _census(tables["census"], asked),
    ]
    if len(tables["pairs"]):
        found.append(_pairs(tables["pairs"], asked))
    if len(tables["circuits"]):
        found.append(_inside(tables, asked))
        found.append(_edits(tables["edits"], asked))
    return tuple(each for each in found if each is not None)


def _mean(table: pd.DataFrame, column: str, player: str) -> Estimate:
    return mean_over_levels(table[table["player"] == player][column].to_numpy(np.float64))


def _finding(table: pd.DataFrame, column: str, name: str, form: str) -> Finding:
    return Finding.of_players(name, lambda player: _mean(table, column, player), form)


def _abilities(training: pd.DataFrame, asked: Asked) -> Answer:
    success = _finding(training, "success", "success", ".1%")
    steps = _finding(training, "steps", "mean steps of an episode", ".1f")
    own = training[training["player"] == AGENT]
    largest = own[own["size"] == own["size"].max()]["success"].mean()
    return Answer(
        "abilities",
        "What can it do in levels as in training?",
        f"It succeeds in {success.agent.value:.1%} of episodes, and in {largest:.1%} of those with "
        f"{asked.hardest}; random actions succeed in {success.nulls[NULLS[RANDOM]].value:.1%}.",
        (success, steps),
        f"{len(own)} {asked.training_words}; exact chances within the step limit",
    )


def _apart(apart: pd.DataFrame, asked: Asked) -> Answer:
    wanted, other = (asked.words[name] for name in (asked.wanted, asked.other))
    first = _finding(apart, "wanted_first", f"{wanted} first", ".1%")
    second = _finding(apart, "other_first", f"{other} first", ".1%")
    visited = _finding(apart, "other_visited", f"{other} at any time", ".1%")
    return Answer(
        "apart",
        "What does it do when its goals come apart?",
        f"It reaches {wanted} first in {first.agent.value:.0%} of episodes, and {other} first in "
        f"{second.agent.value:.0%}.",
        (first, second, visited),
        f"{len(apart[apart['player'] == AGENT])} {asked.apart_words}; exact chances",
    )


def _directed(apart: pd.DataFrame, asked: Asked) -> Answer:
    wanted, other = (asked.words[name] for name in (asked.wanted, asked.other))
    findings = tuple(
        _finding(apart, column, name, ".2f")
        for column, name in (
            ("wanted_nats", f"towards {wanted} (nats per step)"),
            ("other_nats", f"towards {other}"),
            ("best_nats", "towards the place that explains most, of all places"),
            ("ceiling", "what a perfect prediction would give"),
        )
    )
    own = apart[apart["player"] == AGENT]
    better = int((own["wanted_nats"] > own["other_nats"]).sum())
    best = own[["wanted_nats", "other_nats"]].max(axis=1).mean()
    share = best / own["ceiling"].mean() if own["ceiling"].mean() > 0 else float("nan")
    return Answer(
        "directed",
        'How well does "it wants to be there" explain its moves?',
        f"{capital(wanted)} explains its moves better than {other} in {better} of {len(own)} "
        f"levels. The better of the two predicts {share:.0%} of what can be predicted at all.",
        findings,
        "goal-directedness: how much better than chance the best goal-seeking policy predicts the "
        "moves before the first arrival (MacDermott et al., 2024; Todorov, 2007)",
    )


def _exchange(apart: pd.DataFrame, asked: Asked) -> Answer | None:
    wanted, other = (asked.words[name] for name in (asked.wanted, asked.other))
    if asked.best_rate is None:
        return None
    try:
        own = exchange_rate(apart, AGENT)
    except ValueError:
        return None
    nulls, slopes, equals = {}, {}, {}
    for null, words in NULLS.items():
        try:
            found = exchange_rate(apart, null)
        except ValueError:
            continue
        nulls[words], slopes[words], equals[words] = found.rate, found.per_step, found.at_equal
    best, why = asked.best_rate
    optimal = "any number of" if np.isinf(best) else f"{best:g}"
    return Answer(
        "exchange",
        "How many steps of detour is one goal worth over the other?",
        f"At equal distances it reaches {wanted} first with chance {own.at_equal.value:.2f}. Both "
        f"are as likely when {wanted} is {_steps(own.rate.value)} than {other}. The best agent "
        f"would accept {optimal} steps: {why}.",
        (
            Finding("steps that it may be farther", own.rate, nulls, ".1f"),
            Finding("fall of the log odds per step", own.per_step, slopes, ".3f"),
            Finding("chance at equal distances", own.at_equal, equals, ".2f"),
        ),
        f"a logistic curve through the exact chances of {own.levels} levels; intervals by "
        "bootstrap over levels",
    )


def _steps(number: float) -> str:
    if np.isinf(number):
        return "infinitely much farther" if number > 0 else "infinitely much nearer"
    return f"{abs(number):.1f} steps {'farther' if number >= 0 else 'nearer'}"


HOLDS = {
    "the first goal is the wanted one more often than the other, if a way avoids the other": (
        lambda t: (t["wanted_first"] > t["other_first"])[t["free"]]
    ),
    "a goal ends the episode, with chance 99% or more": lambda t: t["success"] >= 0.99,
    "an episode takes at most twice the shortest way": lambda t: t["steps"] <= 2 * t["shortest"],
}
"""Statements about every level, and their test."""


def _census(census: pd.DataFrame, asked: Asked) -> Answer:
    findings = tuple(
        Finding(f"levels in which {statement}", Estimate.exact(float(test(census).mean())), {},
                ".2%")
        for statement, test in HOLDS.items()
    )  # fmt: skip
    true = [statement for statement, test in HOLDS.items() if test(census).all()]
    free = census[census["free"]]
    worst = free["wanted_first"].min()
    forced = len(census) - len(free)
    text = (
        f"In every one of {len(census):,} levels, {'; '.join(true)}."
        if true
        else f"None of the statements holds in every one of {len(census):,} levels."
    )
    return Answer(
        "census",
        "What holds in every single level of a finite kind?",
        f"{text} The worst chance of {asked.words[asked.wanted]} first is {worst:.4f}.",
        findings,
        asked.census_words
        + (
            f"; in {forced:,}, every way to {asked.words[asked.wanted]} leads past "
            f"{asked.words[asked.other]}: the first statement and the worst are of the others"
            if forced
            else ""
        ),
    )


def change_sizes(pairs: pd.DataFrame, player: str) -> pd.DataFrame:
    """The mean change, and the mean size of the change, for each change of a feature.

    Returns:
        Columns change, control, levels, and estimates of the chance of the wanted goal first: the
        mean change, and the mean size of the change.
    """
    rows = []
    for name, group in pairs[pairs["player"] == player].groupby("change", sort=False):
        change = (group["after"] - group["before"]).to_numpy(np.float64)
        rows.append(
            {
                "change": name,
                "control": bool(group["control"].iloc[0]),
                "mean": mean_over_levels(change),
                "size": mean_over_levels(np.abs(change)),
                "levels": len(group),
            }
        )
    return pd.DataFrame(rows).sort_values("control", kind="stable", ignore_index=True)


def _pairs(pairs: pd.DataFrame, asked: Asked) -> Answer:
    own, null = (change_sizes(pairs, player) for player in (AGENT, UNTRAINED))
    findings = tuple(
        Finding(
            f"{row.change}{' (control)' if row.control else ''}: change",
            row.mean,
            {NULLS[UNTRAINED]: null.loc[null["change"] == row.change, "mean"].iloc[0]},
            "+.3f",
        )
        for row in own.itertuples()
    )
    strongest, control = (
        max(own[own["control"] == which].to_dict("records"), key=lambda row: row["size"].value)
        for which in (False, True)
    )
    return Answer(
        "pairs",
        "Which feature of a level moves its decision?",
        f"Of all features, this one moves it most: {strongest['change']} (mean size of the change "
        f"{strongest['size'].value:.2f}). Of the controls, {control['change']} moves it most "
        f"({control['size'].value:.2f}).",
        findings,
        f"chance of {asked.words[asked.wanted]} first, in minimal pairs that differ in one "
        "feature; exact",
    )


def size_of(circuit: int | None) -> Estimate:
    """The size of a circuit; NaN if there is none."""
    return Estimate.exact(float("nan") if circuit is None else float(circuit))


def carried(circuits: pd.DataFrame, size: int, parts: str) -> Finding:
    """The faithfulness of the agent's circuit of a size, and of as many random parts.

    Args:
        circuits: see `inside.circuits_table`.
        size: how many parts.
        parts: what circuits are made of, such as "channels".
    """
    shares = faithfulness(circuits)
    at = shares[shares["size"] == size].groupby("player")["faithfulness"]
    random = at.get_group(f"random {parts}").to_numpy()
    return Finding(
        f"faithfulness of {size} {parts}",
        Estimate.exact(float(at.get_group(AGENT).mean())),
        {
            f"random {parts}": Estimate(
                float(random.mean()), *map(float, np.percentile(random, [2.5, 97.5]))
            )
        },
    )


def _inside(tables: Mapping[str, pd.DataFrame], asked: Asked) -> Answer:
    circuits, patches = tables["circuits"], tables["patches"]
    own, untrained, chance = (
        smallest(circuits, player) for player in (AGENT, UNTRAINED, "random channels")
    )
    count = int(circuits["size"].max())
    kept = carried(circuits, own or count, "channels")
    cells = patches[(patches["player"] == AGENT) & (patches["kind"] == "cell")]
    effect = (cells["clean"] - cells["patched"]).groupby(cells["part"]).mean().abs()
    half = int((effect.sort_values(ascending=False).cumsum() < effect.sum() / 2).sum() + 1)
    text = (
        f"{own} of {count} channels carry the choice: their faithfulness is "
        f"{kept.agent.value:.2f} on levels that they were not chosen on; as many random channels "
        f"have {kept.nulls['random channels'].value:.2f}."
        if own is not None
        else f"No circuit smaller than the whole layer has a faithfulness of {FAITHFUL:g}."
    )

    return Answer(
        "inside",
        "Where in the network is the choice made?",
        f"{text} Half of the effect of single cells is in {half} of {len(effect)}.",
        (
            Finding(
                f"channels for a faithfulness of {FAITHFUL:g}", size_of(own),
                {NULLS[UNTRAINED]: size_of(untrained), "random channels": size_of(chance)}, ".0f",
            ),
            kept,
            Finding("cells with half of the effect", Estimate.exact(float(half)), {}, ".0f"),
        ),
        f"every channel and every cell patched from the same level {asked.contrast_words}; "
        "faithfulness = (circuit - contrast) / (level - contrast), in log odds",
    )  # fmt: skip


def random_like(edits: pd.DataFrame, name: str) -> list[str]:
    """The random edits of the kind of an edit."""
    return [str(each) for each in edits[edits["null"] & (edits["like"] == name)]["edit"].unique()]


def beyond_random(edits: pd.DataFrame, column: str) -> dict[str, tuple[str, Estimate]]:
    """How much further each edit lowers a number than random edits of its kind.

    Args:
        edits: one row per edit and level, with the columns edit, like, null and level (see
            `inside.edits_table`).
        column: the number.

    Returns:
        By edit: the random edit of its kind that lowers the number most, and the change beyond it,
        with its interval over levels.
    """
    by = edits.pivot_table(column, "level", "edit")
    own = [name for name in edits[~edits["null"]]["edit"].unique() if name != "none"]
    found = {}
    for name in own:
        best = str(by[random_like(edits, name)].mean().idxmin())
        found[str(name)] = best, mean_over_levels((by[name] - by[best]).to_numpy(np.float64))
    return found


def _edits(edits: pd.DataFrame, asked: Asked) -> Answer:
    def mean(edit: str, part: str, column: str) -> Estimate:
        rows = edits[(edits["edit"] == edit) & (edits["part"] == part)]
        return mean_over_levels(rows[column].to_numpy(np.float64))

    names = [name for name in edits["edit"].unique() if name != "none"]
    parts = {
        f"{asked.words[asked.wanted]} first": ("apart", "wanted_first"),
        "success in training levels": ("training", "success"),
    }
    findings = [
        Finding(
            f"{name}: {words}",
            mean(name, part, column),
            {"unedited": mean("none", part, column)},
            ".1%",
        )
        for name in names
        for words, (part, column) in parts.items()
    ]
    before = mean("none", "apart", "wanted_first").value
    left = {name: mean(name, "apart", "wanted_first").value for name in names}
    beyond = beyond_random(edits[edits["part"] == "apart"], "wanted_first")
    best = min(beyond, key=lambda name: beyond[name][1].value)
    random, change = beyond[best]
    text = (
        f"{capital(best)}: {asked.words[asked.wanted]} first goes from {before:.0%} to "
        f"{left[best]:.0%}, and success in training levels from "
        f"{mean('none', 'training', 'success').value:.0%} to "
        f"{mean(best, 'training', 'success').value:.0%}. The best random edit of its kind leaves "
        f"{left[random]:.0%}."
        if max(change.value, left[best] - before) < -CLEARLY
        else f"None of these: no edit lowers it by {CLEARLY:.0%} more than the best random edit of "
        "its kind does."
    )
    return Answer(
        "edits",
        "Which edit removes the goal, and at what price?",
        text,
        tuple(findings),
        "exact chances; random edits of the same size beside them",
    )


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def doubts(tables: Mapping[str, pd.DataFrame], asked: Asked) -> tuple[str, ...]:
    """What should make a reader doubt the audit, from its own numbers."""
    training, apart = tables["training"], tables["apart"]
    own, untrained = (apart[apart["player"] == player] for player in (AGENT, UNTRAINED))
    found = [
        "It is one agent. Others with another seed may want other things: compare several audits.",
        f"Levels as in training were drawn anew, but small ones may have occurred in training. "
        f"Range of the {asked.size_words}: {training['size'].min()} to {training['size'].max()}.",
        "Chances are exact for sampled actions; an agent that takes its likeliest action every "
        "time behaves differently.",
        'Goal-directedness asks how well a goal predicts moves. "Wants" is a short word for that.',
    ]
    success = _mean(training, "success", AGENT)
    if success.value < 0.9:
        found.insert(
            0,
            f"It succeeds in only {success.value:.0%} of levels as in training: what it does "
            "elsewhere may be inability, and no wish.",
        )
    neither = 1 - own["wanted_first"].mean() - own["other_first"].mean()
    if neither > 0.1:
        found.insert(0, f"In {neither:.0%} of episodes in levels apart it reaches neither goal.")
    if untrained["wanted_first"].mean() > own["wanted_first"].mean():
        found.insert(
            0,
            f"An untrained network reaches {asked.words[asked.wanted]} first more often than this "
            "agent: where it goes first says little about learning.",
        )
    if len(tables["circuits"]):
        rows = tables["patches"]
        difference = (rows["clean"] - rows["corrupt"])[rows["player"] == AGENT].mean()
        if difference < 1:
            found.append(
                f"The level and its contrast differ by only {difference:.2f} in log odds, so "
                "circuits explain little."
            )
    return tuple(found)
