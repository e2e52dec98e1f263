"""The files of a study: results.json, parquet tables, pictures; and the table of all claims."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procgen_tools.episodes.records import write_records
from procgen_tools.files import check_writable, write_text
from procgen_tools.markdown import row
from procgen_tools.shown import save_figure
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import PUBLISHED_RUN, Claim, Findings, Scope
from procgen_tools.studies.rules import ALL_AGENTS, Rule

if TYPE_CHECKING:
    from IPython.display import Markdown
    from matplotlib.figure import Figure

RESULTS = "results.json"
KEYS = ("experiment", "command", "run", "mazes", "agents", "claims")

FOLDER = Path(__file__).parents[2] / "experiments" / "results"
"""Where the results of this checkout are."""


def default_folder(scope: Scope) -> Path:
    """The folder for the results of all runs of this scope, within the working folder.

    In a checkout, published runs go to `experiments/results`, which is under version control, and
    all others to `experiments/other_runs`, which git ignores. Elsewhere the folders are `results`
    and `other_runs`.
    """
    root = Path("experiments") if Path("experiments/results").is_dir() else Path()
    return root / ("results" if scope.published else "other_runs")


def check_folder(folder: Path, scope: Scope) -> None:
    """Check that results can be written to a folder, before the work starts.

    Raises:
        ValueError: the folder cannot be written to, or it holds the published run and this is
            another run.
    """
    path = folder / RESULTS
    check_writable(path)
    if scope.published or not path.exists():
        return
    content, _ = read_claims(path)
    if content["run"] == PUBLISHED_RUN.name:
        raise ValueError(
            f"{folder} holds the published run, and this is {scope.name}: leave --folder out, or "
            "name another one"
        )


def write(findings: Findings, figures: Mapping[str, Figure], folder: Path, command: str) -> Path:
    """Write results.json, one parquet file per table, and one PNG per figure.

    A small run gets no verdicts: "holds" is null in its results.json.

    Args:
        findings: what was found.
        figures: by name.
        folder: created if missing; files of the same names are replaced, each atomically.
        command: the command that repeats the study.

    Returns:
        The path of results.json.

    Raises:
        ValueError: see `check_folder`.
    """
    check_folder(folder, findings.scope)
    for name, table in findings.tables.items():
        write_records(folder / f"{name}.parquet", table)
    for name, figure in figures.items():
        save_figure(figure, folder / f"{name}.png", 110)
    content = {
        "experiment": findings.experiment,
        "command": command,
        "run": findings.scope.name,
        "mazes": findings.mazes,
        "agents": list(findings.agents),
        "claims": [_claim(claim) for claim in findings.settled()],
    }
    path = folder / RESULTS
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "statement": claim.statement,
        "published": claim.published,
        "sentence": claim.sentence,
        "rule": claim.rule.to_json(),
        "holds": claim.holds,
        "comment": claim.comment,
        "form": claim.form,
        "measured": {
            agent: {name: [mean.value, mean.low, mean.high] for name, mean in numbers.items()}
            for agent, numbers in claim.measured.items()
        },
    }


def read_claims(path: Path) -> tuple[dict[str, Any], tuple[Claim, ...]]:
    """Read what `write` wrote: the whole content, and the claims as values.

    Raises:
        ValueError: a file of another kind, or one whose sentences or verdicts do not follow from
            its rules and numbers.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        claims = tuple(_read_claim(each) for each in content["claims"])
        content = {key: content[key] for key in KEYS}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} holds no results ({error}): run procgen-tools experiment again"
        ) from error
    return content, claims


def _read_claim(content: Mapping[str, Any]) -> Claim:
    claim = Claim(
        statement=content["statement"],
        published=content["published"],
        rule=Rule.from_json(content["rule"]),
        measured={
            agent: {name: Estimate(*three) for name, three in numbers.items()}
            for agent, numbers in content["measured"].items()
        },
        form=content["form"],
        comment=content["comment"],
        small=content["holds"] is None,
    )
    if (claim.sentence, claim.holds) != (content["sentence"], content["holds"]):
        raise ValueError(
            f"{content['holds']}: {content['sentence']!r} is not what its rule and numbers give, "
            f"{claim.holds}: {claim.sentence!r}"
        )
    return claim


def look_at(experiment: str, folder: Path | None = None) -> Markdown:
    """The claims of a study as last measured, for a notebook.

    Args:
        experiment: the study's name.
        folder: of all results; defaults to that of this checkout.

    Raises:
        ValueError: there are no results, or they cannot be read.
    """
    from IPython.display import Markdown

    path = (folder or FOLDER) / experiment / RESULTS
    if not path.exists():
        raise ValueError(f"{path} does not exist: run procgen-tools experiment {experiment}")
    content, claims = read_claims(path)
    agents = [ALL_AGENTS, *content["agents"]]
    lines = [
        "| claim | published | " + " | ".join(agents) + " | holds |",
        "|---" * (len(agents) + 3) + "|",
    ]
    for claim in claims:
        ours = [claim.ours(agent) if agent in claim.measured else "" for agent in agents]
        shown = f"{claim.verdict()} ({claim.sentence})"
        lines.append(row([claim.statement, claim.published, *ours, shown]))
    return Markdown("\n".join([*lines, "", f"{content['mazes']}; `{content['command']}`"]))


def report(findings: Findings) -> str:
    """The claims in words: what was published, then ours, one line per agent."""
    lines = [f"{findings.experiment}: {findings.mazes}"]
    for claim in findings.settled():
        lines += [
            "",
            claim.statement,
            f"  published   {claim.published}",
            *(f"  {agent:11s} {claim.ours(agent)}" for agent in claim.measured),
            f"  {claim.verdict('holds', 'does not hold')}: {claim.sentence}",
        ]
    if not findings.scope.published:
        lines += ["", f"This is {findings.scope.name}, not the published run."]
    return "\n".join(lines)


def claims_table(
    path: Path,
    *,
    nulls: Mapping[str, Claim] | None = None,
    dropped: Collection[str] = (),
    notes: Mapping[str, str] | None = None,
    about: str = "",
) -> str:
    """The claims of one results.json as a Markdown section with one table row per claim.

    Args:
        path: the file.
        nulls: by statement, the same claims of what their rules should not hold for, such as
            untrained networks. Their numbers get a column.
        dropped: the statements of claims that hold, but are not counted.
        notes: by statement, what is added to a verdict.
        about: what is added to the description of what was measured.
    """
    nulls, notes = nulls or {}, notes or {}
    content, claims = read_claims(path)
    agents = ", ".join(f"`{agent}`" for agent in content["agents"])
    head = ["claim", "published", "ours", *(["null"] if nulls else []), "holds"]
    lines = [
        f"### `{content['experiment']}`",
        "",
        f"`{content['command']}`; {content['mazes']}; {agents}" + (f". {about}." if about else ""),
        "",
        row(head),
        "|" + "---|" * len(head),
    ]
    for claim in claims:
        null = nulls.get(claim.statement)
        numbers = ["" if null is None else null.one_by_one(null.single)] if nulls else []
        verdict = "dropped" if claim.statement in dropped else claim.verdict(no="**no**")
        why = f". {claim.comment}" if claim.comment and claim.holds is False else ""
        note = f". {notes[claim.statement]}" if claim.statement in notes else ""
        shown = f"{verdict}: {claim.sentence}{why}{note}"
        lines.append(
            row(
                [claim.statement, claim.published, _ours(claim, content["agents"]), *numbers, shown]
            )
        )
    return "\n".join(lines)


FEW = 3
"""Agents over which no interval is shown: resampling so few gives one that is much too short."""


def _ours(claim: Claim, agents: Sequence[str]) -> str:
    """Our numbers: means with 95% intervals; of FEW agents means, and each agent alone.

    Args:
        claim: of a study.
        agents: of the study. A claim about others, such as populations, keeps its intervals.
    """
    together = claim.measured.get(ALL_AGENTS)
    if together is None or len(agents) != FEW or list(agents) != claim.single:
        return claim.ours()
    return "; ".join(
        f"{name} {number.value:{claim.form}} ({claim.alone(name, claim.single)})"
        for name, number in together.items()
    )
