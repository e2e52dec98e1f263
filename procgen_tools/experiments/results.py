"""What an experiment leaves: results.json, parquet, pictures; and the table of all claims."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procgen_tools.experiments.base import ALL_AGENTS, Claim, Findings
from procgen_tools.files import unfinished, write_text
from procgen_tools.intervals import Mean
from procgen_tools.records import write_records

if TYPE_CHECKING:
    from IPython.display import Markdown
    from matplotlib.figure import Figure

RESULTS = "results.json"

FOLDER = Path(__file__).parents[2] / "experiments" / "results"
"""Where the results of this checkout are."""


def write(
    findings: Findings, figures: Mapping[str, Figure], folder: Path, command: str, *, fast: bool
) -> Path:
    """Write results.json, a parquet file for each table, and a PNG for each figure.

    Args:
        findings: what was found.
        figures: by name.
        folder: made if it is missing; older files of the same names are replaced, each whole.
        command: what repeats the experiment.
        fast: whether the numbers come from the fast mode.

    Returns:
        The path of results.json.
    """
    for name, table in findings.tables.items():
        write_records(folder / f"{name}.parquet", table)
    for name, figure in figures.items():
        with unfinished(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=110, format="png")
    content = {
        "experiment": findings.experiment,
        "command": command,
        "fast": fast,
        "mazes": findings.mazes,
        "agents": list(findings.agents),
        "claims": [_claim(claim) for claim in findings.claims],
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
    except (KeyError, TypeError, json.JSONDecodeError) as error:
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
        holds = "yes" if claim.holds else "no"
        lines.append(_row([claim.statement, claim.published, *ours, f"{holds} ({claim.rule})"]))
    return Markdown("\n".join([*lines, "", f"{content['mazes']}; `{content['command']}`"]))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def report(findings: Findings) -> str:
    """The claims in words, ours below what was published, each agent apart."""
    lines = [f"{findings.experiment}: {findings.mazes}"]
    for claim in findings.claims:
        lines += [
            "",
            claim.statement,
            f"  published   {claim.published}",
            *(f"  {agent:11s} {claim.ours(agent)}" for agent in claim.measured),
            f"  {'holds' if claim.holds else 'does not hold'}: {claim.rule}",
        ]
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
        verdict = f"yes: {claim.rule}" if claim.holds else f"**no**: {claim.rule}"
        why = f". {claim.comment}" if claim.comment and not claim.holds else ""
        lines.append(_row([claim.statement, claim.published, claim.ours(), verdict + why]))
    return "\n".join(lines)
