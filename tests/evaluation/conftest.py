"""One whole evaluation, which several test files share."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from procgen_tools.evaluation.agents import (
    AgentEvaluation,
    EvaluationSettings,
    evaluate_agent,
)
from procgen_tools.models import ImpalaPolicy, save_policy

METADATA: dict[str, Any] = {
    "algorithm": "imitation",
    "samples": 640,
    "settings": {"world_size": 15, "rand_region": 3, "maze_size": 5, "seed": 0, "batch_size": 16},
}

SETTINGS = EvaluationSettings(levels=12)


def wanderer() -> ImpalaPolicy:
    """A random network whose moves differ from square to square."""
    policy = ImpalaPolicy(seed=1).eval()
    with torch.no_grad():
        policy.fc_policy.weight.mul_(400)
    return policy


POLICY = wanderer()


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> AgentEvaluation:
    path = tmp_path_factory.mktemp("agents") / "agent.pth"
    save_policy(POLICY, path, **METADATA)
    return evaluate_agent(path, SETTINGS)
