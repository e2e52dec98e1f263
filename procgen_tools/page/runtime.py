"""onnxruntime-web, which runs the network in the browser: fetched once, checked, and kept.

Two files of the npm package are used: the script for WebAssembly and the WebAssembly itself. The
package is pinned, and nothing of it is part of this repository.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from procgen_tools.files import read_bounded, unfinished
from procgen_tools.shown import brief

PACKAGE = "onnxruntime-web"
VERSION = "1.30.0"
INTEGRITY = (
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
"""SHA-512 of the package's archive, in base64."""

SCRIPT, WASM = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"
DIGESTS = {
    SCRIPT: "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    WASM: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
"""SHA-256 of the two files."""

_LARGEST = 2**26
_SECONDS = 300


@dataclass(frozen=True, eq=False)
class Runtime:
    """The two files: an ES module, and the WebAssembly that it is given."""

    script: bytes
    wasm: bytes

    __repr__ = brief


def load_runtime(folder: Path | None = None) -> Runtime:
    """Read the runtime, and fetch it with npm the first time.

    Args:
        folder: a folder with the two files, such as the unpacked npm package or its `dist`.
            Defaults to a cache folder of the user, which is filled by `npm pack`.

    Raises:
        ValueError: the folder does not contain the two files of this version.
        OSError: npm is missing or could not fetch the package.
    """
    if folder is not None:
        found = next((each for each in (folder, folder / "dist") if _has_both(each)), None)
        if found is None:
            raise ValueError(
                f"{folder} has no {SCRIPT} and {WASM}: give the folder of an unpacked "
                f"{PACKAGE}@{VERSION}, which `npm pack {PACKAGE}@{VERSION}` downloads"
            )
        return _read(found)
    cache = cache_folder()
    if not _has_both(cache):
        _fetch(cache)
    return _read(cache)


def cache_folder() -> Path:
    """The folder that keeps the runtime: in `$XDG_CACHE_HOME`, or in `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "procgen-tools" / f"{PACKAGE}-{VERSION}"


def _has_both(folder: Path) -> bool:
    return all((folder / name).is_file() for name in DIGESTS)


def _read(folder: Path) -> Runtime:
    contents = {name: read_bounded(folder / name, _LARGEST) for name in DIGESTS}
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != DIGESTS[name]:
            raise ValueError(
                f"{folder / name} is not the file of {PACKAGE} {VERSION}: delete the folder, and "
                "it is fetched again; or give the folder of this version"
            )
    return Runtime(contents[SCRIPT], contents[WASM])


def _fetch(folder: Path) -> None:
    """Download the archive, check it, and write its two files."""
    remedy = (
        f"download it where there is a network, with `npm pack {PACKAGE}@{VERSION}`, unpack it, "
        "and give its folder: --runtime FOLDER"
    )
    npm = shutil.which("npm")
    if npm is None:
        raise OSError(
            f"npm, which fetches {PACKAGE} {VERSION}, is missing: install npm, or {remedy}"
        )
    with TemporaryDirectory() as temporary:
        try:
            result = subprocess.run(
                [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent"],
                cwd=temporary,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
            )
            said = result.stderr.strip()
        except subprocess.TimeoutExpired:
            said = f"it did not finish within {_SECONDS} seconds"
        archives = list(Path(temporary).glob("*.tgz"))
        if not archives:
            raise OSError(f"npm could not fetch {PACKAGE} {VERSION} ({said[-200:]}): {remedy}")
        archive = read_bounded(archives[0], _LARGEST)
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if digest != INTEGRITY:
        raise OSError(
            f"npm fetched another {PACKAGE} {VERSION} than the one that was tested (SHA-512 "
            f"{digest[:16]}…): check your registry settings, or {remedy}"
        )
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        for name in DIGESTS:
            member = files.extractfile(f"package/dist/{name}")
            assert member is not None  # the digest above fixes what the archive contains
            with unfinished(folder / name) as path:
                path.write_bytes(member.read())
