"""The runtime: found, fetched once, and never another one than the one that was tested."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from procgen_tools.page import runtime
from procgen_tools.page.runtime import SCRIPT, VERSION, WASM, cache_folder, load_runtime

CONTENTS = {SCRIPT: b"a script", WASM: b"some wasm"}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with small files, which the module takes for the tested one."""
    path = tmp_path / "small.tgz"
    with tarfile.open(path, "w:gz") as files:
        for name, content in CONTENTS.items():
            entry = tarfile.TarInfo(f"package/dist/{name}")
            entry.size = len(content)
            files.addfile(entry, io.BytesIO(content))
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    monkeypatch.setattr(runtime, "DIGESTS", digests)
    monkeypatch.setattr(runtime, "INTEGRITY", digest)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return path


def npm(folder: Path, does: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An npm that does this, as the only program."""
    folder.mkdir()
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_it_is_fetched_once_and_kept(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    npm(tmp_path / "bin", f'echo "$@" >> {asked}; cp {archive} .', monkeypatch)
    for _ in range(2):
        found = load_runtime()
        assert (found.script, found.wasm) == tuple(CONTENTS.values())
    assert asked.read_text() == f"pack onnxruntime-web@{VERSION} --silent\n"
    assert cache_folder().is_relative_to(tmp_path / "cache")
    # The folder of an unpacked package works, too, with its name or that of its `dist`.
    (tmp_path / "package").mkdir()
    cache_folder().rename(tmp_path / "package" / "dist")
    assert load_runtime(tmp_path / "package").wasm == CONTENTS[WASM]
    assert load_runtime(tmp_path / "package" / "dist").wasm == CONTENTS[WASM]


def test_without_npm_or_network_the_message_says_what_to_do(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    remedy = rf"npm pack onnxruntime-web@{VERSION}`, unpack it, and give its folder: --runtime"
    with pytest.raises(OSError, match=rf"npm, which fetches .* is missing: install npm.*{remedy}"):
        load_runtime()
    npm(tmp_path / "bin", "echo ENOTFOUND >&2; exit 1", monkeypatch)
    with pytest.raises(OSError, match=rf"could not fetch .*ENOTFOUND.*{remedy}"):
        load_runtime()
    assert not cache_folder().exists()


def test_other_files_are_refused(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm(tmp_path / "bin", f"cp {archive} .; printf x >> small.tgz", monkeypatch)
    with pytest.raises(OSError, match=r"another onnxruntime-web .* than the one that was tested"):
        load_runtime()
    assert not cache_folder().exists()
    folder = tmp_path / "other"
    folder.mkdir()
    with pytest.raises(ValueError, match=rf"has no {SCRIPT} and {WASM}: give the folder"):
        load_runtime(folder)
    for name in CONTENTS:
        (folder / name).write_bytes(b"something else")
    with pytest.raises(ValueError, match=rf"is not the file of onnxruntime-web {VERSION}"):
        load_runtime(folder)
