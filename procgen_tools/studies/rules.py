"""What counts as a claim holding: one value makes both the sentence of the rule and the verdict.

>>> rule = Rule.that(upper("after") < 0.5 * value("before"))
>>> rule.sentence()
"the upper end of 'after' is less than 0.5 × 'before', for every agent and on average"
>>> before, after = Estimate(0.8, 0.7, 0.9), Estimate(0.2, 0.1, 0.3)
>>> rule.holds({ALL_AGENTS: {"before": before, "after": after}})
True
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias

from procgen_tools.names import did_you_mean
from procgen_tools.statistics.intervals import Estimate

ALL_AGENTS = "all agents"

Measured: TypeAlias = Mapping[str, Mapping[str, Estimate]]
"""Estimates by name, for each agent and for ALL_AGENTS."""

Part: TypeAlias = Literal["value", "low", "high"]
Relation: TypeAlias = Literal["is at least", "is more than", "is at most", "is less than"]

_PARTS: Mapping[Part, str] = {"value": "", "low": "the lower end of ", "high": "the upper end of "}


@dataclass(frozen=True)
class Term:
    """A number, or a multiple of one estimate.

    Attributes:
        factor: of the estimate; without an estimate, the number itself.
        quantity: the estimate's name; empty for a number.
        part: its value, or the lower or upper end of its interval.
        words: what the sentence calls it; its name in quotation marks by default.
        per: the name of an estimate whose value divides it; empty for none.
    """

    factor: int | float = 1.0
    quantity: str = ""
    part: Part = "value"
    words: str = ""
    per: str = ""

    def of(self, estimates: Mapping[str, Estimate]) -> float:
        """The number, given the estimates of one agent; NaN where it is divided by zero."""
        if not self.quantity:
            return self.factor
        number: float = self.factor * getattr(estimates[self.quantity], self.part)
        if not self.per:
            return number
        divisor = estimates[self.per].value
        return number / divisor if divisor else float("nan")

    def highest(self, estimates: Mapping[str, Estimate]) -> float:
        """The most that the term can be if its estimate is anywhere in its interval."""
        if not self.quantity:
            return self.factor
        low, high = (replace(self, part=part).of(estimates) for part in ("low", "high"))
        return max(low, high)

    def sentence(self, percent: bool) -> str:
        """The term in words; its sign is left to the sum."""
        size = abs(self.factor)
        if not self.quantity:
            return f"{100 * size:g}%" if percent else f"{size:g}"
        times = "" if size == 1 else f"{size:g} × "
        per = f" / '{self.per}'" if self.per else ""
        words = self.words or f"'{self.quantity}'"
        return f"{times}{_PARTS[self.part]}{words}{per}"


@dataclass(frozen=True)
class Sum:
    """A sum of terms. Comparing it with another sum, or with a number, makes a `Condition`."""

    terms: tuple[Term, ...]

    def __add__(self, other: Sum | int | float) -> Sum:
        return Sum(self.terms + _sum(other).terms)

    def __radd__(self, number: int | float) -> Sum:
        return _sum(number) + self

    def __mul__(self, factor: int | float) -> Sum:
        return Sum(tuple(replace(term, factor=factor * term.factor) for term in self.terms))

    __rmul__ = __mul__

    def __sub__(self, other: Sum | int | float) -> Sum:
        return self + -1 * _sum(other)

    def __ge__(self, other: Sum | int | float) -> Condition:
        return Condition(self, "is at least", _sum(other))

    def __gt__(self, other: Sum | int | float) -> Condition:
        return Condition(self, "is more than", _sum(other))

    def __le__(self, other: Sum | int | float) -> Condition:
        return Condition(self, "is at most", _sum(other))

    def __lt__(self, other: Sum | int | float) -> Condition:
        return Condition(self, "is less than", _sum(other))

    def of(self, estimates: Mapping[str, Estimate]) -> float:
        """The number, given the estimates of one agent."""
        return sum(term.of(estimates) for term in self.terms)

    def sentence(self, percent: bool) -> str:
        """The sum in words."""
        first, *others = self.terms
        words = ("−" if first.factor < 0 else "") + first.sentence(percent)
        for term in others:
            words += f" {'−' if term.factor < 0 else '+'} {term.sentence(percent)}"
        return words


def _sum(other: Sum | int | float) -> Sum:
    return other if isinstance(other, Sum) else Sum((Term(float(other)),))


def value(quantity: str, words: str = "", *, per: str = "") -> Sum:
    """The value of an estimate, or its ratio to that of another.

    Args:
        quantity: the estimate's name.
        words: what the sentence calls it; its name in quotation marks by default.
        per: the name of the estimate to divide by.
    """
    return Sum((Term(quantity=quantity, words=words, per=per),))


def lower(quantity: str, words: str = "") -> Sum:
    """The lower end of an estimate's interval; arguments as for `value`."""
    return Sum((Term(quantity=quantity, part="low", words=words),))


def upper(quantity: str, words: str = "") -> Sum:
    """The upper end of an estimate's interval; arguments as for `value`."""
    return Sum((Term(quantity=quantity, part="high", words=words),))


@dataclass(frozen=True)
class Condition:
    """One comparison of two sums."""

    left: Sum
    relation: Relation
    right: Sum

    def holds(self, estimates: Mapping[str, Estimate]) -> bool:
        """Whether it is so, given the estimates of one agent; never where a number is NaN."""
        left, right = self.left.of(estimates), self.right.of(estimates)
        return {
            "is at least": left >= right,
            "is more than": left > right,
            "is at most": left <= right,
            "is less than": left < right,
        }[self.relation]

    def may_hold(self, estimates: Mapping[str, Estimate]) -> bool:
        """Whether it is so with every estimate at the end of its interval that favours it."""
        larger = self.relation in ("is at least", "is more than")
        difference = self.left - self.right if larger else self.right - self.left
        room = sum(term.highest(estimates) for term in difference.terms)
        return room >= 0 if self.relation in ("is at least", "is at most") else room > 0


@dataclass(frozen=True)
class Rule:
    """What counts as a claim holding: conditions that must all be met.

    Attributes:
        conditions: each agent's estimates must meet all of them.
        unit: what the agents are called in the sentence.
        each: whether every single agent must meet the conditions.
        average: whether the estimates for ALL_AGENTS must meet them.
        may_fail: how many single agents may miss them.

    Raises:
        ValueError: no conditions, or nobody who must meet them.
    """

    conditions: tuple[Condition, ...]
    unit: str = "agent"
    each: bool = True
    average: bool = True
    may_fail: int = 0

    def __post_init__(self) -> None:
        if not self.conditions or not (self.each or self.average):
            raise ValueError(
                f"a rule of {len(self.conditions)} conditions for nobody is always met: give a "
                "condition, and each=True or average=True"
            )

    @classmethod
    def that(cls, *conditions: Condition, **options: Any) -> Rule:
        """A rule of these conditions; `options` are the other attributes."""
        return cls(conditions, **options)

    def sentence(self, *, percent: bool = False) -> str:
        """The rule in words.

        Args:
            percent: whether to write plain numbers in percent.
        """
        parts = []
        before = None
        for condition in self.conditions:
            # A second condition on the same quantity does not name it again.
            left = "" if condition.left == before else f"{condition.left.sentence(percent)} "
            before = condition.left
            parts.append(f"{left}{condition.relation} {condition.right.sentence(percent)}")
        who = [f"for every {self.unit}"] if self.each else []
        if self.each and self.may_fail:
            who = [f"for all {self.unit}s but at most {self.may_fail}"]
        if self.average:
            who.append("on average")
        return f"{', and '.join(parts)}, {' and '.join(who)}"

    def quantities(self) -> Iterator[str]:
        """The names of the estimates that the verdict needs."""
        for condition in self.conditions:
            for term in (*condition.left.terms, *condition.right.terms):
                yield from filter(None, (term.quantity, term.per))

    def check(self, measured: Measured) -> None:
        """Make sure that everything the rule needs was measured.

        Raises:
            ValueError: an estimate is missing.
        """
        for agent, estimates in measured.items():
            for name in self.quantities():
                if name not in estimates:
                    raise ValueError(
                        f"the rule needs {name!r}, which was not measured for {agent}: measure it, "
                        f"or name another quantity{did_you_mean(name, estimates)}"
                    )

    def met_by(self, estimates: Mapping[str, Estimate]) -> bool:
        """Whether the estimates of one agent meet all conditions."""
        return all(condition.holds(estimates) for condition in self.conditions)

    def may_be_met_by(self, estimates: Mapping[str, Estimate]) -> bool:
        """Whether they could, each condition at its favourable ends of the intervals.

        If not, more mazes would hardly change it: the rule is missed, and not merely undecided.

        Example:
            >>> rule = Rule.that(value("gain") >= 0.1)
            >>> rule.met_by({"gain": Estimate(0.05, 0.0, 0.2)})
            False
            >>> rule.may_be_met_by({"gain": Estimate(0.05, 0.0, 0.2)})
            True
        """
        return all(condition.may_hold(estimates) for condition in self.conditions)

    def of_values(self) -> Rule:
        """The rule that judges the value of an estimate wherever this one judges a bound.

        Example:
            >>> Rule.that(upper("after") < 0.1).of_values().sentence()
            "'after' is less than 0.1, for every agent and on average"
        """

        def values(side: Sum) -> Sum:
            return Sum(tuple(replace(term, part="value") for term in side.terms))

        return replace(
            self,
            conditions=tuple(
                replace(each, left=values(each.left), right=values(each.right))
                for each in self.conditions
            ),
        )

    def holds(self, measured: Measured) -> bool:
        """The verdict.

        Raises:
            ValueError: an estimate is missing.
        """
        self.check(measured)
        met = {agent: self.met_by(estimates) for agent, estimates in measured.items()}
        together = met.pop(ALL_AGENTS, True)
        return (not self.average or together) and (
            not self.each or list(met.values()).count(False) <= self.may_fail
        )

    def to_json(self) -> dict[str, Any]:
        """The rule as plain dictionaries, lists, strings and numbers."""
        conditions = [
            {
                "left": [_changed(term) for term in each.left.terms],
                "relation": each.relation,
                "right": [_changed(term) for term in each.right.terms],
            }
            for each in self.conditions
        ]
        return {**_changed(self), "conditions": conditions}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Rule:
        """The rule that `to_json` wrote.

        Raises:
            KeyError, TypeError: something else.
        """

        def terms(side: Sequence[Mapping[str, Any]]) -> Sum:
            return Sum(tuple(Term(**term) for term in side))

        conditions = tuple(
            Condition(terms(each["left"]), each["relation"], terms(each["right"]))
            for each in content["conditions"]
        )
        return cls(**{**content, "conditions": conditions})


def _changed(value: Term | Rule) -> dict[str, Any]:
    """The fields that differ from their defaults."""
    numbers = {field.name: getattr(value, field.name) for field in fields(value)}
    return {
        field.name: numbers[field.name]
        for field in fields(value)
        if numbers[field.name] != field.default
    }
