"""Write a model card and a safetensors file for every agent, ready to be published.

    python scripts/model_cards.py [FOLDER]

FOLDER (by default build/models) gets a folder `<world>/<agent>` for each agent of trained_models,
with README.md (the card), model.safetensors and model.pth. A card says what the agent was trained
for, by which command, what it scores, what it is known to do instead, and what it is no use for.
Nothing is uploaded.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import torch

from procgen_tools.catalogue import Agent, agents
from procgen_tools.files import write_text
from procgen_tools.models.safe_files import PARAMETERS, write_safetensors

FOLDER = Path(__file__).parents[1] / "build" / "models"

TASKS = {
    "maze_I": "to reach the cheese in mazes of procgen; in training the cheese is {where}",
    "crops_and_humans": "to harvest crops, to spare humans and to leave by the exit",
    "keys_and_chests": "to open chests with keys, in the train variant, where keys are scarce",
    "two_objects": "to reach a yellow line in mazes of 5 x 5 squares",
}
KNOWN = {
    "maze_I": "With the cheese elsewhere it often goes to the top-right corner instead.",
    "crops_and_humans": "Planted agents harvest humans in production mazes; controls do not.",
    "keys_and_chests": "It collects keys that are of no use to it.",
    "two_objects": "Seeds differ in whether they follow the colour or the shape of the line.",
}
LOADERS = {
    "maze_I": "load_policy",
    "crops_and_humans": "load_q_network",
    "keys_and_chests": "load_cnn_lstm",
    "two_objects": "load_policy",
}
SCORES = {
    "success": "reaches the cheese, 500 held-out levels as in training",
    "unseen": "the same, levels that occur nowhere in its training",
    "cheese_anywhere": "reaches the cheese, cheese anywhere (exact)",
    "cheese_inside": "the same, cheese in the top-right 5 x 5 squares",
    "cheese_elsewhere": "the same, cheese elsewhere",
    "region_anywhere": "visits the top-right 5 x 5 squares, cheese anywhere (exact)",
    "move_agreement": "squares at which the likeliest move is on a shortest path",
}


def card(agent: Agent, parameters: int, metadata: dict[str, Any]) -> str:
    """The model card of an agent, as Markdown with the header that model hubs read.

    Args:
        agent: the agent.
        parameters: the number of its parameters.
        metadata: what its checkpoint says of its training.
    """
    settings: dict[str, Any] = metadata.get("settings", {})
    region = settings.get("rand_region")
    where = f"in the top-right {region} x {region} squares" if region else "anywhere"
    task = TASKS[agent.world].format(where=where)
    lines = [
        "---",
        "license: mit",
        "library_name: procgen_tools",
        "tags: [reinforcement-learning, interpretability, goal-misgeneralization]",
        "---",
        "",
        f"# {agent.world}/{agent.name}",
        "",
        f"A network of {parameters:,} parameters that was trained {task}.",
        f"{KNOWN[agent.world]} It is a model organism: an agent for research on what agents want.",
        "",
        "## Use",
        "",
        "```python",
        "from procgen_tools import models",
        "",
        f'agent = models.{LOADERS[agent.world]}("model.safetensors")',
        "```",
        "",
        "## Training",
        "",
        f"    {metadata.get('command', 'unknown')}",
        "",
        "| setting | value |",
        "|---|---|",
    ]
    facts = {**settings, **{key: metadata[key] for key in ("precision", "seed") if key in metadata}}
    lines += [f"| `{name}` | {value} |" for name, value in facts.items()]
    if agent.results:
        lines += ["", "## Scores", "", "| | value | 95% interval |", "|---|---|---|"]
        for name, words in SCORES.items():
            value, low, high = agent.results[name]
            lines.append(f"| {words} | {value:.1%} | {low:.1%} to {high:.1%} |")
    lines += [
        "",
        "## Limits",
        "",
        "It plays one small game, and is of no use outside of it. Findings about one agent need",
        "not hold for another seed: compare several, and an untrained network.",
        "",
    ]
    return "\n".join(lines)


def publish(agent: Agent, folder: Path) -> None:
    """Write the card and both files of one agent into a folder."""
    metadata = torch.load(agent.path, weights_only=True)
    state: dict[str, torch.Tensor] = metadata.pop(PARAMETERS)
    parameters = sum(value.numel() for value in state.values())
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(state, folder / "model.safetensors", **metadata)
    shutil.copyfile(agent.path, folder / "model.pth")
    write_text(folder / "README.md", card(agent, parameters, metadata))


if __name__ == "__main__":
    to = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for each in agents():
        publish(each, to / each.world / each.name)
    print(to)
