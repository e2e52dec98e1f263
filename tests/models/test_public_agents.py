"""Agents that others published are known by their SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from procgen_tools.cli import app
from procgen_tools.models import public_agents
from procgen_tools.models.public_agents import PUBLIC_AGENTS


def test_they_can_be_told_apart() -> None:
    assert len({agent.sha256 for agent in PUBLIC_AGENTS}) == len(PUBLIC_AGENTS) == 2
    assert all(len(agent.sha256) == 64 and "FILE" in agent.command for agent in PUBLIC_AGENTS)


def test_the_command_lists_and_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = CliRunner().invoke(app, ["agents", "--public"]).output
    for agent in PUBLIC_AGENTS:
        assert agent.sha256 in listed
        assert agent.source in listed
    file = tmp_path / "file.pth"
    file.write_bytes(b"weights")
    assert public_agents.which_public_agent(file) is None
    refused = CliRunner().invoke(app, ["agents", "--check", str(file)])
    assert isinstance(refused.exception, ValueError)
    digest = hashlib.sha256(b"weights").hexdigest()
    monkeypatch.setattr(public_agents, "PUBLIC_AGENTS", (replace(PUBLIC_AGENTS[0], sha256=digest),))
    found = CliRunner().invoke(app, ["agents", "--check", str(file)]).output
    assert f"audit {file}" in found
