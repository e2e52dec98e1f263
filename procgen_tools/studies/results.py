"""What an experiment leaves: results.json, parquet, pictures; and the table of all claims."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procgen_tools.episodes.records import write_records
from procgen_tools.files import check_writable, unfinished, write_text
from procgen_tools.statistics.intervals import Mean
from procgen_tools.studies.base import ALL_AGENTS, PUBLISHED_RUN, Claim, Findings, Scope

if TYPE_CHECKING:
    from IPython.display import Markdown
    from matplotlib.figure import Figure

RESULTS = "results.json"
KEYS = ("experiment", "command", "run", "mazes", "agents", "claims")

FOLDER = Path(__file__).parents[2] / "experiments" / "results"
"""Where the results of this checkout are."""


def default_folder(scope: Scope) -> Path:
    """Where the results of all runs of this scope go: into the working folder.

    In a checkout the published runs go to `experiments/results`, which is under version control,
    and all others to `experiments/other_runs`, which git ignores. Elsewhere there are `results`
    and `other_runs`.
    """
    root = Path("experiments") if Path("experiments/results").is_dir() else Path()
    return root / ("results" if scope.published else "other_runs")


def check_folder(folder: Path, scope: Scope) -> None:
    """Make sure that results may be written to a folder, before the work that fills it.

    Raises:
        ValueError: the folder cannot be written to, or it holds the published run and this is
            another one.
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
    """Write results.json, a parquet file for each table, and a PNG for each figure.

    What a small run writes has no verdicts: "holds" is null in its results.json.

    Args:
        findings: what was found.
        figures: by name.
        folder: made if it is missing; older files of the same names are replaced, each whole.
        command: what repeats the experiment.

    Returns:
        The path of results.json.

    Raises:
        ValueError: see `check_folder`.
    """
    check_folder(folder, findings.scope)
    for name, table in findings.tables.items():
        write_records(folder / f"{name}.parquet", table)
    for name, figure in figures.items():
        with unfinished(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=110, format="png")
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
        "rule": claim.rule,
        "holds": claim.holds,
        "comment": claim.comment,
        "form": claim.form,
        "measured": {
            agent: {name: [mean.value, mean.low, mean.high] for name, mean in numbers.items()}
            for agent, numbers in claim.measured.items()
        },
    }


def read_claims(path: Path) -> tuple[dict[str, Any], tuple[Claim, ...]]:
    """What `write` wrote: everything, and the claims as values.

    Raises:
        ValueError: a file that is not of this kind.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        claims = tuple(
            Claim(
                **{
                    **claim,
                    "measured": {
                        agent: {name: Mean(*three) for name, three in numbers.items()}
                        for agent, numbers in claim["measured"].items()
                    },
                }
            )
            for claim in content["claims"]
        )
        content = {key: content[key] for key in KEYS}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} holds no results ({error}): run procgen-tools experiment again"
        ) from error
    return content, claims


def look_at(experiment: str, folder: Path | None = None) -> Markdown:
    """The claims of an experiment as they were measured last, for a notebook.

    Args:
        experiment: its name.
        folder: of all results; that of this checkout unless given.

    Raises:
        ValueError: no results, or no readable ones.
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
        shown = f"{claim.verdict()} ({claim.rule})"
        lines.append(_row([claim.statement, claim.published, *ours, shown]))
    return Markdown("\n".join([*lines, "", f"{content['mazes']}; `{content['command']}`"]))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def report(findings: Findings) -> str:
    """The claims in words, ours below what was published, each agent apart."""
    lines = [f"{findings.experiment}: {findings.mazes}"]
    for claim in findings.settled():
        lines += [
            "",
            claim.statement,
            f"  published   {claim.published}",
            *(f"  {agent:11s} {claim.ours(agent)}" for agent in claim.measured),
            f"  {claim.verdict('holds', 'does not hold')}: {claim.rule}",
        ]
    if not findings.scope.published:
        lines += ["", f"This is {findings.scope.name}, not the published run."]
    return "\n".join(lines)


def claims_table(path: Path) -> str:
    """The claims of one results.json as a section in Markdown, a row each."""
    content, claims = read_claims(path)
    agents = ", ".join(f"`{agent}`" for agent in content["agents"])
    lines = [
        f"### `{content['experiment']}`",
        "",
        f"`{content['command']}`; {content['mazes']}; {agents}",
        "",
        "| claim | published | ours [95%] | holds |",
        "|---|---|---|---|",
    ]
    for claim in claims:
        why = f". {claim.comment}" if claim.comment and claim.holds is False else ""
        shown = f"{claim.verdict(no='**no**')}: {claim.rule}{why}"
        lines.append(_row([claim.statement, claim.published, claim.ours(), shown]))
    return "\n".join(lines)
