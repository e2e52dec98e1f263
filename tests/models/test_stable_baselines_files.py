"""Files of Stable-Baselines: what is read is what its network computes; others are rejected."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from procgen_tools.models.stable_baselines_files import (
    SHAPES,
    load_stable_baselines,
    sha256_of,
)

Arrays = dict[str, np.ndarray]


def random_arrays() -> Arrays:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in SHAPES.items()}


def written(path: Path, arrays: Mapping[str, Any], **parts: bytes) -> Path:
    """A file as Stable-Baselines writes it; `parts` replaces records."""
    inner = io.BytesIO()
    np.savez(inner, **arrays)
    content = {
        "data": json.dumps({"gamma": 1.0}).encode(),
        "parameters": inner.getvalue(),
        "parameter_list": json.dumps(list(arrays)).encode(),
        **parts,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in content.items():
            archive.writestr(name, value)
    return path


def original(arrays: Arrays, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits and values after each of some steps of one episode, as Stable-Baselines computes them.

    Pictures are (row, column, channel), and kernels (row, column, in, out).
    """
    weights = {name.removeprefix("model/").removesuffix(":0"): a for name, a in arrays.items()}
    cell, hidden, logits, values = np.zeros(256), np.zeros(256), [], []
    for seen in observations / 255:
        for layer, stride in (("c1", 4), ("c2", 2), ("c3", 1)):
            kernel = weights[f"{layer}/w"]
            views = sliding_window_view(seen, kernel.shape[:2], axis=(0, 1))[::stride, ::stride]
            bias = weights[f"{layer}/b"].reshape(-1)
            seen = np.maximum(np.einsum("rcikl,klio->rco", views, kernel) + bias, 0)
        dense = np.maximum(seen.ravel() @ weights["fc1/w"] + weights["fc1/b"], 0)
        gates = dense @ weights["lstm1/wx"] + hidden @ weights["lstm1/wh"] + weights["lstm1/b"]
        i, f, o, g = np.split(gates, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        cell = f * cell + i * np.tanh(g)
        hidden = o * np.tanh(cell)
        logits.append(hidden @ weights["pi/w"] + weights["pi/b"])
        values.append(hidden @ weights["vf/w"] + weights["vf/b"])
    return np.array(logits), np.array(values)[:, 0]


def test_it_computes_what_the_original_network_computes(tmp_path: Path) -> None:
    arrays = random_arrays()
    policy = load_stable_baselines(written(tmp_path / "agent.zip", arrays))
    seen = np.random.default_rng(1).integers(0, 2, (5, 36, 36, 4)) * 255
    expected = original(arrays, seen)
    observations = torch.from_numpy(seen / 255).float().permute(0, 3, 1, 2)
    firsts = torch.zeros(5, 1, dtype=torch.bool)
    with torch.no_grad():
        logits, values, _ = policy.unroll(observations, policy.initial_memory(1), firsts)
    np.testing.assert_allclose(logits[:, 0], expected[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(values[:, 0], expected[1], rtol=1e-3, atol=1e-4)
    assert not policy.training


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path("ran").touch, ())


def test_objects_are_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arrays: dict[str, Any] = random_arrays()
    with_pickles = written(tmp_path / "a.zip", arrays, data=pickle.dumps(Bomb()))
    load_stable_baselines(with_pickles)
    arrays["model/pi/b:0"] = np.array([Bomb()], dtype=object)
    with pytest.raises(ValueError, match="pi/b:0 does not hold plain numbers"):
        load_stable_baselines(written(tmp_path / "b.zip", arrays))
    assert not (tmp_path / "ran").exists()


def test_files_of_something_else(tmp_path: Path) -> None:
    path, arrays = tmp_path / "agent.zip", random_arrays()
    with pytest.raises(FileNotFoundError, match=r"give learned_policy\.zip of github"):
        load_stable_baselines(path)
    path.write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(ValueError, match="damaged or no archive"):
        load_stable_baselines(path)
    written(path, {**arrays, "model/pi/w:0": np.zeros((256, 5), np.float32)})
    with pytest.raises(ValueError, match=r"pi/w:0 is float32\(256, 5\), not float32\(256, 4\)"):
        load_stable_baselines(path)
    written(path, {**arrays, "model/pi/b:0": np.full(4, np.nan, np.float32)})
    with pytest.raises(ValueError, match="pi/b:0 has numbers that are not finite"):
        load_stable_baselines(path)
    written(path, {name: value for name, value in arrays.items() if "lstm" not in name})
    with pytest.raises(ValueError, match="not the 17 of a CNN with an LSTM"):
        load_stable_baselines(path)
    written(path, arrays, parameter_list=b"[1, 2")
    with pytest.raises(ValueError, match="damaged or no archive"):
        load_stable_baselines(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    with pytest.raises(ValueError, match="it has no 'parameters'"):
        load_stable_baselines(path)


def test_an_archive_may_not_claim_more_than_an_agent_has(tmp_path: Path) -> None:
    path = tmp_path / "agent.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("parameter_list", json.dumps(list(SHAPES)))
        with archive.open("parameters", "w", force_zip64=True) as record:
            for _ in range(65):
                record.write(bytes(2**20))
    assert path.stat().st_size < 2**18
    with pytest.raises(ValueError, match="claim more bytes than such an agent has"):
        load_stable_baselines(path)


def test_files_are_told_apart_by_their_digest(tmp_path: Path) -> None:
    path = tmp_path / "agent.zip"
    path.write_bytes(b"agent")
    assert sha256_of(path) == hashlib.sha256(b"agent").hexdigest()
