"""The answers of an audit of keys and chests in words and numbers, each with its nulls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from procgen_tools.audit.agents import AGENT, RANDOM, UNTRAINED
from procgen_tools.audit.answers import (
    NULLS,
    Answer,
    Finding,
    beyond_random,
    capital,
    carried,
    random_like,
    size_of,
)
from procgen_tools.audit.inside import FAITHFUL, smallest
from procgen_tools.audit.keys.census import PLAYS, STEPS
from procgen_tools.audit.keys.inside import DISTANCE, FRAME, HELD_KEY, LAYER, UNIT
from procgen_tools.evaluation.keys import GREEDY, SAMPLED, SCRIPT
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.studies.keys_and_chests.claims import one
from procgen_tools.studies.keys_and_chests.exchange import BEST, DISTANCES, EQUAL
from procgen_tools.studies.keys_and_chests.inventory import MAIN
from procgen_tools.studies.keys_and_chests.measure import AIM
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED

CLEARLY = 0.05
"""How much further an edit must lower the keys taken than the best random edit of its kind, as a
share of the keys that are taken without an edit."""

LONGEST = max(DISTANCES) - min(DISTANCES)
"""The largest difference of the steps to key and chest that is measured."""

SEEKER = "key-only"

WORDS = {
    **NULLS, SEEKER: "a player that wants keys only",
    BEST: "a player that goes to chests whenever it holds a key",
}  # fmt: skip
"""The players that an agent is compared with."""


def all_answers(tables: Mapping[str, pd.DataFrame]) -> tuple[Answer, ...]:
    """The answers, in the order of the page."""
    return (
        _abilities(tables["scores"]),
        _apart(tables["scores"]),
        _directed(tables["directed"]),
        _exchange(tables["rates"], tables["choices"]),
        _census(tables["census"]),
        _pairs(tables["pairs"]),
        _useless(tables["attraction"]),
        _inside(tables),
        _edits(tables["edits"]),
    )


def _levels(table: pd.DataFrame) -> str:
    return f"{int(table['levels'].iloc[0]):,}"


def score_of(scores: pd.DataFrame, player: str, variant: str, figure: str) -> Estimate:
    """A figure of a player, with sampled actions or those of its script."""
    how = SCRIPT if player in SCRIPTED else SAMPLED
    return one(scores, agent=player, variant=variant, figure=figure, choice=how)


def _score(scores: pd.DataFrame, variant: str, figure: str, name: str, form: str) -> Finding:
    return Finding.of_players(
        name, lambda player: score_of(scores, player, variant, figure), form, nulls=WORDS
    )


def _finding(table: pd.DataFrame, name: str, form: str = ".2f", **where: object) -> Finding:
    """The numbers of a table of the study, in the rows where columns have these values."""
    return Finding.of_players(
        name, lambda player: one(table, agent=player, **where), form, nulls=WORDS
    )


def _abilities(scores: pd.DataFrame) -> Answer:
    opened = _score(scores, "train", "return", "chests opened in an episode", ".1f")
    keys = _score(scores, "train", "keys", "keys taken in an episode", ".1f")
    greedy = one(scores, agent=AGENT, variant="train", figure="return", choice=GREEDY)
    return Answer(
        "abilities",
        "What can it do in levels as in training?",
        f"It opens {opened.agent.value:.1f} chests in an episode; random actions open "
        f"{opened.nulls[NULLS[RANDOM]].value:.1f}, and {WORDS[BEST]} opens "
        f"{opened.nulls[WORDS[BEST]].value:.1f}.",
        (
            opened,
            keys,
            Finding("chests opened if it takes its likeliest action", greedy, {}, ".1f"),
        ),
        f"{_levels(scores)} levels of the train variant, one sampled episode in each",
    )


def _apart(scores: pd.DataFrame) -> Answer:
    names = {
        "keys": "keys taken in an episode", "return": "chests opened",
        "hidden_return": "hidden chests opened, which nobody sees",
        AIM: "chests opened beyond hidden ones",
    }  # fmt: skip
    found = {
        figure: _score(scores, "test", figure, words, ".1f") for figure, words in names.items()
    }
    aim = found[AIM]
    return Answer(
        "apart",
        "What does it do when its goals come apart?",
        f"With as few chests as keys it takes {found['keys'].agent.value:.1f} keys in an episode, "
        f"and opens {aim.agent.value:.1f} chests more than it would by chance; {WORDS[BEST]} "
        f"opens {aim.nulls[WORDS[BEST]].value:.1f} more.",
        tuple(found.values()),
        f"{_levels(scores)} levels of the test variant, one sampled episode in each; hidden chests "
        "are placed like chests, so opening them is chance",
    )


def _directed(directed: pd.DataFrame) -> Answer:
    goals = [goal for goal in directed["goal"].unique() if goal != "ceiling"]

    def mean(player: str, goal: str) -> Estimate:
        rows = directed[(directed["player"] == player) & (directed["goal"] == goal)]
        return mean_over_levels(rows["nats"].to_numpy(np.float64))

    def finding(goal: str) -> Finding:
        name = (
            "what a perfect prediction would give (nats per step)" if goal == "ceiling"
            else f"towards the nearest of {goal} (nats per step)"
        )  # fmt: skip
        return Finding.of_players(name, lambda player: mean(player, goal))

    found = {goal: finding(goal) for goal in (*goals, "ceiling")}
    most = found["ceiling"].agent.value

    def share(goal: str) -> float:
        return found[goal].agent.value / most if most > 0 else float("nan")

    best = max(goals, key=lambda goal: found[goal].agent.value)
    wide = directed[directed["player"] == AGENT].pivot_table("nats", "level", "goal")
    better = int((wide["keys"] > wide["chests"]).sum())
    left = directed[(directed["player"] == AGENT) & (directed["goal"] == "keys")]["there"].mean()
    return Answer(
        "directed",
        'How well does "it wants to be there" explain its moves?',
        f"The nearest key explains its moves better than the nearest chest in {better} of "
        f"{len(wide)} levels. What explains most, going to {best}, predicts {share(best):.0%} of "
        "what can be predicted at all; hidden chests, which nobody sees, predict "
        f"{share('hidden chests'):.0%}.",
        tuple(found.values()),
        f"{len(wide)} levels of the test variant, one sampled episode in each: how much better "
        "than chance going there by shortest paths predicts its probabilities, with the sharpness "
        f"that is best in other episodes; a key is left in {left:.0%} of steps, and the others "
        "count as chance",
    )


def _exchange(rates: pd.DataFrame, choices: pd.DataFrame) -> Answer:
    equal = "key at equal distances"
    extra = _finding(
        rates, "steps that the key may be farther, a key in hand", ".1f", keys=1,
        statistic="extra steps",
    )  # fmt: skip
    holding = _finding(rates, "chance of the key first, a key in hand", keys=1, statistic=equal)
    without = _finding(rates, "chance of the key first, none in hand", keys=0, statistic=equal)
    drop = _finding(rates, "fall of that chance by a key in hand", keys=1, statistic="drop")
    number = extra.agent.value
    how = f"more than {LONGEST}" if abs(number) > LONGEST else f"{abs(number):.1f}"
    where = "farther" if number >= 0 else "nearer"
    return Answer(
        "exchange",
        "How many steps of detour is a useless key worth over a chest that it can open?",
        f"With a key in hand, and both equally near, it takes the key first with chance "
        f"{holding.agent.value:.2f} (without one, {without.agent.value:.2f}). Both are as likely "
        f"when the key is {how} steps {where} than the chest. The best agent "
        "takes the chest at any distances: another key is of no use.",
        (extra, holding, without, drop),
        f"{choices['level'].nunique()} made levels, each with key and chest exchanged; a logistic "
        f"model of the two distances, both {EQUAL:g} for the chances; differences up to {LONGEST} "
        "steps were measured, and numbers beyond continue the model; the frame is the same "
        "whatever it holds",
    )


HOLDS = {
    "the chest, which it can open, is first more often than the useless key, if a way avoids it": (
        lambda t: (t["chest_first"] > t["key_first"])[t["avoidable"]]
    ),
    "the nearer of both is first more often, if one is nearer and a way avoids the key": (
        lambda t: np.where(
            t["chest_steps"] < t["key_steps"],
            t["chest_first"] > t["key_first"],
            t["key_first"] > t["chest_first"],
        )[t["avoidable"] & (t["chest_steps"] != t["key_steps"])]
    ),
    f"one of both is reached within {STEPS} steps, in every episode": (
        lambda t: t["key_first"] + t["chest_first"] == 1
    ),
}
"""Statements about every placement, and their test."""

WORST = "the useless key is first in every episode, of those where the chest is nearer"


def _against(table: pd.DataFrame) -> pd.Series:
    """Where the chest is nearer and a way avoids the key: whether the key is always first."""
    nearer = table[table["avoidable"] & (table["chest_steps"] < table["key_steps"])]
    return nearer["key_first"] == 1


def _census(census: pd.DataFrame) -> Answer:
    by = {player: census[census["player"] == player] for player in (AGENT, *NULLS)}
    own = by[AGENT]

    def share(name: str, test: Callable[[pd.DataFrame], Any]) -> Finding:
        def of(player: str) -> Estimate:
            return Estimate.exact(float(test(by[player]).mean()))

        return Finding.of_players(f"placements in which {name}", of, ".1%")

    true = [statement for statement, test in HOLDS.items() if test(own).all()]
    against = _against(own)
    free = int(own["avoidable"].sum())
    text = (
        f"In every one of {len(own):,} placements, {'; '.join(true)}."
        if true
        else f"None of the statements holds in every one of {len(own):,} placements."
    )
    return Answer(
        "census",
        "What holds in every placement of one key and one chest?",
        f"{text} It takes the useless key first, in all {PLAYS} episodes, in {against.sum():,} of "
        f"the {len(against):,} placements where the chest is nearer (an untrained network in "
        f"{_against(by[UNTRAINED]).sum():,}).",
        (*(share(name, test) for name, test in HOLDS.items()), share(WORST, _against)),
        f"placements in one made level, a key in hand; {PLAYS} sampled episodes of each, so a "
        f"share is of placements and has no interval; in {len(own) - free:,} every way to the "
        "chest leads over the key",
    )


def _pairs(pairs: pd.DataFrame) -> Answer:
    def finding(name: str, change: str, statistic: str) -> Finding:
        return _finding(pairs, name, change=change, statistic=statistic)

    key, chest = (
        finding(f"reaches the square within 10 steps, with {change}", change, "reaches")
        for change in ("key added", "chest added")
    )
    changes = [name for name in pairs["change"].unique() if not name.endswith("added")]
    return Answer(
        "pairs",
        "Which change of one object moves its decision?",
        f"A key that is added three steps away draws it to its square by {key.agent.value:+.2f}; "
        f"a chest there, which it cannot open yet, by {chest.agent.value:+.2f}.",
        (key, chest, *(finding(f"chests opened, {name}", name, "return") for name in changes)),
        f"changes in {_levels(pairs)} levels of the test variant, from the beginning of an "
        "episode; farthest objects and a far wall are controls; before and after share their "
        "random numbers",
    )


def _useless(attraction: pd.DataFrame) -> Answer:
    found = {
        kind: _finding(
            attraction, f"attraction of a key ({kind})", kind=kind, statistic="attraction"
        )
        for kind in attraction["kind"].unique()
    }
    useful, held, none = (each.agent.value for each in found.values())
    return Answer(
        "useless",
        "Does it want keys that are of no use?",
        f"A key on a square makes it come there by {useful:+.2f} if the key is useful, by "
        f"{held:+.2f} if it holds one for the only chest already, and by {none:+.2f} if there is "
        "no chest.",
        tuple(found.values()),
        f"{_levels(attraction)} made levels with and without the key, within 10 steps",
    )


def _inside(tables: Mapping[str, pd.DataFrame]) -> Answer:
    circuits, patches, inventory = (tables[name] for name in ("circuits", "patches", "inventory"))
    size, units = smallest(circuits), int(circuits["size"].max())
    kept = carried(circuits, units if size is None else size, "units")

    def mean(player: str, kind: str, after: str) -> Estimate:
        rows = patches[(patches["player"] == player) & (patches["kind"] == kind)]
        change = (rows["clean"] - rows[after]).groupby(rows["choice"]).mean()
        return mean_over_levels(change.to_numpy(np.float64))

    there, seen, held = (
        Finding(name, mean(AGENT, *where), {NULLS[UNTRAINED]: mean(UNTRAINED, *where)})
        for name, where in (
            ("change of the log odds of going to the key by the key", (UNIT, "corrupt")),
            ("change by the key in the last frame alone", (FRAME, "patched")),
            ("change by the key in hand, which lay on the way in", (HELD_KEY, "patched")),
        )
    )
    read = inventory[
        (inventory["fitted"] == "test") & (inventory["tested"] == "test")
        & (inventory["span"] == "all") & (inventory["statistic"] == "R2")
    ]  # fmt: skip
    known = {name: one(read, inputs=name) for name in (MAIN, "untrained", "frame", "ticks")}
    text = (
        "No number of units carries the way to a key."
        if size is None
        else f"{size} of {units} units carry {FAITHFUL:.0%} of what a key changes in its next "
        f"move; as many random units carry {kept.nulls['random units'].value:.0%}."
    )
    return Answer(
        "inside",
        "Where in the network is the choice made?",
        f"{text} A key changes the log odds of going there by {there.agent:.1f}, and a key in hand "
        f"by {held.agent:.1f}.",
        (
            there,
            seen,
            held,
            Finding("R² of the keys in hand, read from the memory", known[MAIN], {
                NULLS[UNTRAINED]: known["untrained"], "the frame alone": known["frame"],
                "the number of steps alone": known["ticks"],
            }),
            Finding(f"units for a faithfulness of {FAITHFUL:g}", size_of(size), {}, ".0f"),
            kept,
        ),
        f"every unit of {LAYER} patched from the same moment without the key, key and chest "
        f"{DISTANCE} steps away, a key in hand; faithfulness, in unseen levels, = (circuit - "
        "without) / (with - without), in log odds; the probe of the memory is tested on levels "
        "that it was not fitted to",
    )  # fmt: skip


def _edits(edits: pd.DataFrame) -> Answer:
    def mean(edit: str, variant: str, column: str) -> Estimate:
        rows = edits[(edits["edit"] == edit) & (edits["variant"] == variant)]
        return mean_over_levels(rows[column].to_numpy(np.float64))

    columns = {
        "keys taken (test)": ("test", "keys"), "chests opened (test)": ("test", "return"),
        "chests opened (train)": ("train", "return"),
    }  # fmt: skip
    before = {words: mean("none", *where).value for words, where in columns.items()}
    keys = before["keys taken (test)"]
    beyond = beyond_random(edits[edits["variant"] == "test"], "keys")
    best = min(beyond, key=lambda name: beyond[name][1].value)
    strongest, change = beyond[best]
    if change.value < -CLEARLY * keys and change.high < 0:
        text = (
            f"{capital(best)}: it takes {mean(best, 'test', 'keys').value:.1f} keys instead of "
            f"{keys:.1f} where chests are few, opens {mean(best, 'test', 'return').value:.1f} "
            f"chests there instead of {before['chests opened (test)']:.1f}, and in levels as in "
            f"training {mean(best, 'train', 'return').value:.1f} instead of "
            f"{before['chests opened (train)']:.1f}. The best random edit of its kind leaves "
            f"{mean(strongest, 'test', 'keys').value:.1f} keys."
        )
    else:
        text = (
            f"None of these: no edit lowers the keys that it takes by {CLEARLY:.0%} more than the "
            "best random edit of its kind does."
        )
    return Answer(
        "edits",
        "Which edit removes the goal, and at what price?",
        text,
        tuple(
            Finding(
                f"{name}: {words}",
                mean(name, *where),
                {
                    "unedited": mean("none", *where),
                    **{
                        f"random ({number})": mean(each, *where)
                        for number, each in enumerate(random_like(edits, name), start=1)
                    },
                },
                ".1f",
            )
            for name in beyond
            for words, where in columns.items()
        ),
        "edits in every step of whole episodes, with the same levels and random numbers; random "
        "edits are of the same kind and size",
    )


def doubts(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """What should make a reader doubt the audit, from its own numbers."""
    scores, directed = tables["scores"], tables["directed"]
    found = [
        "It is one agent. Others with another seed may want other things: compare several audits.",
        "Episodes are sampled, so every number has noise of levels and of actions; an agent that "
        "takes its likeliest action every time behaves differently.",
        "Key and chest of made levels stand alone. In levels as in training there are many of "
        "both, and an agent may choose otherwise.",
        "An untrained network moves almost uniformly, whatever it sees. So its numbers inside the "
        "network are 0 by construction, and say only what nothing looks like.",
        'Goal-directedness asks how well a goal predicts moves. "Wants" is a short word for that.',
    ]
    opened = _score(scores, "train", "return", "", ".1f")
    best = opened.nulls[WORDS[BEST]].value
    if opened.agent.value < 0.7 * best:
        found.insert(
            0,
            f"It opens only {opened.agent.value:.1f} chests in levels as in training, where "
            f"{best:.1f} are possible: what it does elsewhere may be inability, and no wish.",
        )
    means = directed.groupby(["player", "goal"])["nats"].mean()
    if means[AGENT, "keys"] < 2 * max(means[AGENT, "hidden chests"], 0):
        found.insert(
            0,
            "Keys explain its moves hardly better than hidden chests do, which it cannot see: its "
            "directedness says little about keys.",
        )
    rows = tables["patches"].drop_duplicates(["player", "choice"])
    difference = (rows["clean"] - rows["corrupt"])[rows["player"] == AGENT].mean()
    if abs(difference) < 1:
        found.append(
            f"A key changes the log odds of its next move by only {difference:.2f}, so "
            "circuits explain little."
        )
    return tuple(found)
