"""The folder of a page: its scripts with the agent, and `index.html`, which has all else.

A page that is opened from disk may load classic scripts, but no modules and no data. The modules
are therefore inlined, and networks and tables are strings in scripts: base64 of gzip, which the
browser unpacks (`web/modules/parts.js`).
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procgen_tools.files import check_writable, write_text
from procgen_tools.web.bundle import bundle, theme

INDEX, RUNTIME_FILE, AGENT_FILE = "index.html", "runtime.js", "agent.js"
_MARK = '<meta name="generator" content="procgen-tools page">'
_ENTRY = re.compile(r"\{\{([\w ]+)\}\}")
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """A written page.

    Attributes:
        index: the file to open in a browser.
        files: the size in bytes of each of its files, by name.
    """

    index: Path
    files: dict[str, int]


def check_folder(folder: Path) -> None:
    """Check that a page can be written to a folder.

    Raises:
        ValueError: a file, a folder with other files than those of an earlier page, or a folder
            that cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder for the page")
    index = folder / INDEX
    if folder.is_dir() and any(folder.iterdir()):
        earlier = index.is_file() and _MARK in index.read_text(encoding="utf-8", errors="replace")
        if not earlier:
            raise ValueError(
                f"{folder} has other files, which would be mixed with those of the page: name a "
                "new or empty folder, or that of an earlier page"
            )
    check_writable(index)


def script_of(parts: Mapping[str, bytes]) -> str:
    """A script that stores parts under their names, for `loadParts` in `parts.js`.

    Example:
        >>> script_of({"agent": b"parameters"})[:30]
        'Object.assign((globalThis.proc'
    """
    # Without a time stamp, the same parts give the same script. Level 9 takes 1.7 times as long for
    # .4% fewer bytes.
    packed = {
        name: base64.b64encode(gzip.compress(part, 6, mtime=0)).decode()
        for name, part in parts.items()
    }
    return f"Object.assign((globalThis.procgenParts ??= {{}}), {json.dumps(packed)});\n"


def index_of(
    template: str, module: str, config: Mapping[str, Any], entries: Mapping[str, str]
) -> str:
    """The text of a page, such as `index.html`.

    Args:
        template: an HTML file of this folder. `{{name}}` in it stands for an entry.
        module: the module that runs on the page, with all that it imports.
        config: what the module reads from the element `config`.
        entries: texts that are escaped already.
    """
    # Inside a script element, "</" might end it. In JSON and in JavaScript strings, "<\/" is equal.
    filled = {
        "generator": _MARK,
        "style": theme() + (_HERE / "page.css").read_text(encoding="utf-8"),
        **entries,
        "config": json.dumps(config).replace("</", "<\\/"),
        "script": bundle(module).replace("</script", "<\\/script"),
    }
    # In one pass, so that an entry is never read as a template.
    return _ENTRY.sub(lambda found: filled[found[1]], part_of_page(template))


def part_of_page(name: str) -> str:
    """The text of an HTML file of this folder."""
    return (_HERE / name).read_text(encoding="utf-8")


def write_files(folder: Path, files: Mapping[str, str]) -> Page:
    """Write the files of a page, and delete those that only an earlier page had."""
    for name, text in files.items():
        write_text(folder / name, text)
    for name in {RUNTIME_FILE, AGENT_FILE} - set(files):
        (folder / name).unlink(missing_ok=True)
    return Page(folder / INDEX, {name: len(text.encode()) for name, text in files.items()})
