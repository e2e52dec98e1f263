"""The table of imitators and PPO agents is what the audits and results say."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "imitation_table.py"))


def test_the_page_has_the_table() -> None:
    text = SCRIPT["PAGE"].read_text(encoding="utf-8")
    shown = text.split(SCRIPT["BEGIN"])[1].split(SCRIPT["END"])[0]
    assert shown == SCRIPT["table"](), "python scripts/imitation_table.py"


def test_a_number_is_that_of_the_agent_or_of_the_null() -> None:
    audit = json.loads((SCRIPT["DOCS"] / "audits" / "rand_region_5" / "audit.json").read_text())
    (answer,) = [each for each in audit["answers"] if each["key"] == "apart"]
    row = answer["findings"][0]
    agent = SCRIPT["number"](audit, "apart", row["name"])
    assert agent.startswith(f"{row['agent']['value']:.1%} [")
    null = SCRIPT["number"](audit, "apart", row["name"], "random actions")
    assert null.startswith(f"{row['nulls']['random actions']['value']:.1%} [")
    assert agent != null
