"""A real JupyterLab with settings of its own, and a notebook in it, driven by headless Chromium."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
THEMES = {"JupyterLab Light": "light", "JupyterLab Dark": "dark"}
SETTINGS: dict[str, dict[str, object]] = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells keep their widgets
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
CELL = "window.jupyterapp.shell.currentWidget.content.widgets[cell]"
"""The cell with a number, in the browser."""
_FOLDERS = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
}
_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--expose-app-in-browser",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--ServerApp.terminals_enabled=False",
    "--ServerApp.jpserver_extensions=panel.io.jupyter_server_extension=False",  # slow to import
    "--KernelManager.shutdown_wait_time=0.5",
    "--LabApp.extension_manager=readonly",
)


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs.

    Attributes:
        port: the port that it listens on.
        token: what its addresses need.
        log: what it says.
    """

    port: int
    token: str
    log: Path

    def url(self, name: str) -> str:
        """The address of a file in its folder, alone in the window."""
        return self._url("doc", name)

    def url_of_window(self, name: str) -> str:
        """The address of a file in its folder, in the usual window with tabs and a file list."""
        return self._url("lab", name)

    def _url(self, mode: str, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{mode}/tree/{name}?token={self.token}"


@contextmanager
def running_lab(
    work: Path, own: Path, settings: dict[str, dict[str, object]] | None = None
) -> Iterator[Lab]:
    """A JupyterLab on a free port of this machine.

    Args:
        work: the folder that it shows.
        own: an empty folder for its settings and its log.
        settings: of its extensions; by default, `SETTINGS`.
    """
    for name, values in (SETTINGS if settings is None else settings).items():
        path = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    environment = {name: str(own / folder) for name, folder in _FOLDERS.items()}
    log, token = own / "jupyterlab.log", secrets.token_hex(16)
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *_OPTIONS],
        cwd=work,
        env=os.environ | environment | {"JUPYTER_TOKEN": token, "PYTHONPATH": str(ROOT)},
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
    )
    try:
        yield Lab(_port(process, own / "runtime", log), token, log)
    finally:
        process.terminate()  # ends its kernels too
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> int:
    """The port that the server has chosen, once it answers."""
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return int(json.loads(file.read_text())["port"])
            except ValueError:
                pass  # it is being written
        time.sleep(0.05)
    raise RuntimeError(f"JupyterLab does not start:\n{log.read_text()[-3000:]}")


class Notebook:
    """The notebook in a browser."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """Open it, and wait until its kernel is ready."""
        self.page.goto(url)
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.content?.widgets?.length"
        )
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.isReady"
        )

    def choose_theme(self, theme: str) -> None:
        """Choose one of `THEMES`."""
        self.command("apputils:change-theme", theme=theme)
        self.page.wait_for_function(
            "light => document.body.dataset.jpThemeLight === light",
            arg=str(THEMES[theme] == "light").lower(),
        )

    def command(self, name: str, **arguments: Any) -> None:
        self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, arguments]
        )

    def run(self, cell: int, seconds: float = 60.0) -> None:
        """Run one cell, by its number among all cells, and wait until it is done."""
        self.page.evaluate(
            f"""cell => {{
              const {{ content }} = window.jupyterapp.shell.currentWidget;
              content.activeCellIndex = cell;
              {CELL}.model.executionCount = null;
            }}""",
            cell,
        )
        self.command("notebook:run-cell")
        self.page.wait_for_function(
            f"cell => {CELL}.model.executionCount !== null", arg=cell, timeout=1000 * seconds
        )

    def output(self, cell: int) -> str:
        shown = self.page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")
        return str(shown.first.text_content())
