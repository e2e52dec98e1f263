"""The page of an audit: one file with its figures inside, for a screen and for paper."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from procgen_tools.audit.agents import how_measured
from procgen_tools.plots.style import set_aside
from procgen_tools.shown import figure_webp

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from procgen_tools.audit.base import Audit

STYLE = """
:root { color-scheme: light; --ink: #1f2328; --muted: #57606a; --line: #d0d7de; --mark: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.2rem 4rem; color: var(--ink);
  background: #fff; font: 16px/1.55 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
h1 { font-size: 1.9rem; margin: 0.2rem 0 0.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 0.3rem; }
.facts, .note, figcaption { color: var(--muted); font-size: 0.9rem; }
.answer { font-size: 1.05rem; margin: 0.3rem 0 0.6rem; }
.summary { border-left: 4px solid var(--mark); padding: 0.4rem 0 0.4rem 1rem; margin: 1.2rem 0; }
.summary li { margin: 0.25rem 0; }
a { color: var(--mark); }
img { max-width: 100%; height: auto; display: block; margin: 0.6rem auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; width: 100%; }
th, td { text-align: left; padding: 0.32rem 0.6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td:not(:first-child) { white-space: nowrap; font-variant-numeric: tabular-nums; }
details summary { cursor: pointer; color: var(--mark); font-size: 0.9rem; }
@page { margin: 16mm 15mm; }
@media print {
  body { font-size: 9.5pt; max-width: none; padding: 0; }
  section { break-inside: avoid; }
  h2 { break-after: avoid; }
  details > * { display: block; }
}
"""


PIXELS = 90
"""Of the page, per inch of a figure."""


def page_of(audit: Audit) -> str:
    """The page as HTML. It loads nothing from elsewhere."""
    drawn = set_aside(audit.figures())
    sections = [
        _section(answer.key, answer.question, answer.text, drawn[answer.key],
                 [finding.row() for finding in answer.findings], answer.note)
        for answer in audit.answers
    ]  # fmt: skip
    short = "".join(
        f'<li><a href="#{answer.key}">{escape(answer.question)}</a> {escape(answer.text)}</li>'
        for answer in audit.answers
    )
    doubts = "".join(f"<li>{escape(doubt)}</li>" for doubt in audit.doubts)
    agent, amount = audit.agent, audit.amount
    edited = bool(agent.edit.layers)
    quick = replace(amount, seed=0) == type(amount).quick()
    how = " (quick)" if quick else ""
    options = f"{' --quick' * quick}{f' --seed {amount.seed}' if amount.seed else ''}"
    command = f"procgen-tools audit {escape(agent.name)}{options}"
    made = "" if edited else f"Made by <code>{command}</code>. "
    return document(
        f"What does {agent.name} want{' with an edit' * edited}?",
        f"""<p class="facts">Agent <b>{escape(agent.title)}</b> of {escape(agent.world)}, parameters
{escape(agent.digest)}. {escape(audit.measured)}{how}, seed {amount.seed}.
{escape(how_measured(agent.world))} {escape(audit.about)}</p>
<div class="summary"><ul>{short}<li><a href="#doubts">What would make us doubt all this?</a>
</li></ul></div>
{"".join(sections)}
<section id="doubts"><h2>What would make us doubt all this?</h2><ul>{doubts}</ul></section>
<p class="note">{made}The
tables are beside this page as parquet files, its numbers in <code>audit.json</code>.</p>""",
    )


def document(title: str, body: str) -> str:
    """A whole page around its body."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
"""


def _section(
    key: str, question: str, text: str, figure: Figure, rows: Sequence[Mapping[str, str]], note: str
) -> str:
    return f"""<section id="{key}">
<h2>{escape(question)}</h2>
<figure style="margin:0">{picture(figure, text)}</figure>
<details open><summary>The numbers</summary><div class="wide">{table(rows)}</div></details>
<p class="note">{escape(note)}. Intervals: 95%.</p>
</section>"""


def picture(figure: Figure, text: str) -> str:
    """A figure inside the page, with a text for those who cannot see it."""
    inside = base64.b64encode(figure_webp(figure, dpi=120)).decode()
    width = round(PIXELS * figure.get_figwidth())
    return f'<img alt="{escape(text)}" width="{width}" src="data:image/webp;base64,{inside}">'


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as an HTML table; the columns are those of all rows, in order."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{escape(str(name))}</th>" for name in columns)
    lines = [
        "".join(f"<td>{escape(str(row.get(name, '')))}</td>" for name in columns) for row in rows
    ]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
