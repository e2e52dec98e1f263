"""Run the notebooks and scripts of a procgen-tools checkout against this package.

    python scripts/run_clients.py path/to/procgen-tools

Each file runs in its own process with a limit of processor time. Notebooks run cell by cell. All
files run in one scratch folder, a copy of the checkout with our agents in `trained_models`. The
files that write data run first (see GATHERERS). Their output is put where other files expect
their authors' data (see LINKS). Nothing is kept, except in the folder of `--scratch`. A file

- ran to its end;
- was stopped: it was still computing at the limit, without an error;
- was told: it stopped with an error that this package raises on purpose, which says what to call
  or pass instead;
- was warned: it stopped at missing data or a missing channel (see WARNED), after a warning of
  this package that names what to call instead;
- lacks data: it stopped at a file that the authors of procgen-tools had, but this package does
  not have;
- lacks a package: it stopped at a package that is not installed, or at a module that is no
  longer in the checkout;
- died: it ended with another error.

Errors in functions of `interact` count, although widgets only log them. Agents are in
`trained_models/maze_I`, and in `trained_models` itself, where older files look.

Packages and modules in the folder of `--packages` come before others, so the dependencies of the
clients (plotly, prettytable) need not be installed in our environment. Its folder `circrl-0.4.0`
contains that version of circrl, and is used only for the files of OLDER.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).parents[1]
FOLDERS = ("experiments", "playground", "figures")
OUTCOMES = (
    "ran",
    "was stopped",
    "was told",
    "was warned",
    "lacks data",
    "lacks a package",
    "died",
)

NO_DATA = (
    r"FileNotFoundError|ValueError (max\(\) arg is an empty|No objects to concatenate)"
    r"|TraitError setting (max < min|min > max)"
)
"""The errors, by kind and text, of files that open missing data, or continue without them."""

OUTSIDE = r"IndexError|ValueError index \d+ is out of bounds"
"""The errors of files that index a missing channel or activation in an array."""

WARNED = ((NO_DATA, "published fields and patches"), (OUTSIDE, "channels in this"))
"""Errors, with words of the warning that precedes them."""

AGENT = "--model_file trained_models/maze_I/model_rand_region_5.pth"
ROLLOUTS = "../episode_data/20230131T224127"
GATHERERS = (
    ("experiments/gatherdata_vfields.py", "--num_levels 12 --coeffs=-1,0.5,1"),
    ("experiments/statistics/gather_data.py", "--num_episodes 300 --num_timesteps 80"),
    ("experiments/gatherdata_rich.py", f"--num_episodes 120 --num_timesteps 100 {AGENT}"),
    ("experiments/probing_postproc.py", f"probe_data {ROLLOUTS}"),
    ("experiments/probing_postproc.py", f"probe_data_initial {ROLLOUTS}"),
    ("experiments/action_probing_obsproc.py", ""),
)
"""The files that write data, in the order of their dependencies, with small settings."""

TRAINING = "train ppo trained.pth --folder ../checkpoints --snapshot-every 512 --steps 1536"
TRAINING += " --num-envs 16 --rollout-steps 32 --validation-envs 0"
"""Our own command that writes the snapshots of a (very short) training."""

LINKS = (
    ("../checkpoints/model_*.pth", "snapshots/{name}"),
    ("experiments/statistics/data/vfields/cheese", "../data/vfields"),
    ("experiments/statistics/data/model_rand_region_5", "{parent}/model_rand_region_7"),
    ("experiments/statistics/data/model_rand_region_5/*.pkl", "{parent}/../rand_region_5-{name}"),
    ("../episode_data/*T*", ROLLOUTS),
    ("../episode_data/*T*", "../episode_data/20230130T204732"),
    ("experiments/action_probing_obs.pkl", "action_probing_obs.pkl"),
    ("experiments/action_probing_obs.pkl", "playground/action_probing_obs.pkl"),
    ("experiments/action_probing_proc_*", "action_probing_proc_20230309T074726"),
    ("experiments/action_probing_proc_*", "../episode_data/action_probing_current"),
    ("experiments/action_probing_obs.pkl", "../episode_data/action_probing_current/{name}"),
)
"""The files that gatherers write, and where other files expect their authors' data."""

OLDER = ("gatherdata_rich.py", "probing_gather.py")
"""Files that need circrl 0.4.0, because later versions pass a seed to the function that makes a
level."""

ARGUMENTS = {
    "probing_gather.py": f"--num_episodes 2 {AGENT}",
    "collect_retargeting_data.py": "--num_levels 1",
    "move_objects_gather.py": "--num_episodes 2",
}
"""Small settings of other scripts that have settings."""

NUMBERS = {
    "num_obs_normal": 300,
    "num_obs_dec": 300,
    "obs_batch_size": 300,
    "num_skip": 0,
    "num_obs_to_ignore": 0,
    "inds_to_check": 41,
    "num_batch": 60,
}
"""Smaller values for sizes (and an observation) that files about probes set in their code."""

SNAPSHOTS = "/home/uli/2023-02-02__17-29-21__seed_870"
"""The author's folder for snapshots of a training; ours is `snapshots`."""

WRITTEN = (
    "mazes",
    "visualizations",
    "episode_data",
    "../episode_data",
    "experiments/visualizations",
    "playground/visualizations",
    "experiments/statistics/data/retargeting",
    "figures/cheese_vfs",
    "experiments/statistics/data/vfields/cheese",
)
"""Folders that procgen-tools' downloads create and its scripts write to."""

WALL = 20
"""The wall-clock limit, as a multiple of the limit of processor time, because machines may be
busy."""

CHILD = """
import builtins, json, logging, resource, sys, traceback, warnings
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv.pop()), resource.RLIM_INFINITY))
warnings.simplefilter("ignore")
told = []
def listen(message, category, filename, *rest, **options):
    frame = sys._getframe(1)
    while frame.f_code.co_filename == warnings.__file__:
        frame = frame.f_back
    if is_ours(frame.f_code.co_filename) and str(message) not in told:
        told.append(str(message))
def is_ours(filename):
    return "procgen_tools" in filename and "site-packages" not in filename
warnings.showwarning = listen
warnings.filterwarnings("always", category=UserWarning)
class Loud(logging.Handler):
    def emit(self, record):
        if record.exc_info:
            raise record.exc_info[1]
logging.getLogger("traitlets").addHandler(Loud())
import matplotlib
matplotlib.use("module://matplotlib_inline.backend_inline")
import IPython.display
builtins.display = IPython.display.display
cells, name, report = json.loads(open(sys.argv[1]).read()), sys.argv[2], sys.argv[3]
sys.argv = [name, *sys.argv[4:]]
space = {"__name__": "__main__", "__file__": name, "_dh": ["."]}
def say(**found):
    open(report, "w").write(json.dumps(found | {"warnings": told}))
for number, cell in enumerate(cells):
    say(cells=number)
    try:
        exec(compile(cell, f"{name}[{number}]", "exec"), space)
    except SystemExit as end:
        if end.code not in (0, None):
            say(cells=number, kind="SystemExit", text=str(end.code), ours=False)
            break
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1]
        theirs = [frame for frame in frames if frame.filename.startswith(name)]
        say(
            cells=number,
            kind=type(error).__name__,
            text=str(error),
            ours=is_ours(last.filename) and str(last.line).startswith("raise "),
            line=theirs[-1].line if theirs else None,
        )
        break
else:
    say(cells=len(cells), ended=True)
"""


def edited(code: str) -> str:
    """The code of a file without IPython lines, with small NUMBERS and our snapshots."""
    code = re.sub(r"^([ \t]*)[%!][a-z].*$", r"\1pass", code, flags=re.MULTILINE)
    for name, number in NUMBERS.items():
        code = re.sub(rf"^( *{name} = \[?)\d+", rf"\g<1>{number}", code, flags=re.MULTILINE)
    return code.replace(SNAPSHOTS, "snapshots")


def cells_of(path: Path) -> list[str]:
    """The code of a script, in one piece, or of a notebook, cell by cell."""
    if path.suffix == ".ipynb":
        notebook = nbformat.read(path, as_version=4)
        return [edited(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    return [edited(path.read_text())]


def prepare(scratch: Path, checkout: Path) -> Path:
    """Copy the checkout's scripts beside our agents; return the folder to run files in."""
    folder = scratch / "procgen-tools"
    folder.mkdir(parents=True)
    for place in (folder, scratch):
        agents = place / "trained_models"
        agents.mkdir()
        for each in (ROOT / "trained_models").iterdir():
            (agents / each.name).symlink_to(each)
        for each in (ROOT / "trained_models" / "maze_I").glob("*.pth"):
            (agents / each.name).symlink_to(each)
    for name in FOLDERS:
        shutil.copytree(checkout / name, folder / name, ignore=shutil.ignore_patterns("*.ipynb"))
        for script in (folder / name).rglob("*.py"):
            script.write_text(edited(script.read_text()))
    for name in WRITTEN:
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder


def link(folder: Path) -> None:
    """Put the written files where other files expect them (see LINKS)."""
    for pattern, target in LINKS:
        for source in sorted(folder.glob(pattern)):
            there = folder / target.format(parent=source.parent, name=source.name)
            if not there.exists():
                there.parent.mkdir(parents=True, exist_ok=True)
                there.symlink_to(source.resolve())


def run(
    path: Path,
    checkout: Path,
    folder: Path,
    seconds: float,
    packages: Path | None = None,
    arguments: str | None = None,
) -> dict[str, Any]:
    """Run one file in the scratch folder, and return its outcome."""
    if arguments is None:
        arguments = ARGUMENTS.get(path.name, "")
    relative = path.relative_to(checkout)
    own = [packages / "circrl-0.4.0"] if packages and path.name in OLDER else []
    places = [ROOT, *own, *([packages] if packages else []), *(folder / name for name in FOLDERS)]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "OMP_NUM_THREADS": "1",
    }
    with tempfile.TemporaryDirectory() as notes:
        cells, report = Path(notes) / "cells.json", Path(notes) / "report.json"
        cells.write_text(json.dumps(cells_of(path)))
        report.write_text("{}")
        command = [sys.executable, "-c", CHILD, str(cells), str(relative), str(report)]
        command += [*arguments.split(), str(round(seconds))]
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _, complaint = child.communicate(timeout=WALL * seconds)
            found = json.loads(report.read_text())
            if "kind" in found or "ended" in found:
                pass  # what it said counts, however it was ended later
            elif child.returncode == -signal.SIGXCPU:
                found |= {"timeout": seconds}
            else:
                found |= {"kind": "the process ended", "text": complaint[-300:], "ours": False}
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            found = json.loads(report.read_text()) | {"timeout": seconds}
    return {"file": str(relative), "outcome": outcome(found), **found}


def outcome(found: dict[str, Any]) -> str:
    """The outcome, one of OUTCOMES, that a child process reports."""
    if "ended" in found:
        return "ran"
    if "timeout" in found:
        return "was stopped"
    if found.get("ours"):
        return "was told"
    error, warnings = f"{found['kind']} {found.get('text')}", found.get("warnings", ())
    for pattern, words in WARNED:
        if re.match(pattern, error) and any(words in warning for warning in warnings):
            return "was warned"
    if found["kind"] == "ModuleNotFoundError":
        return "lacks a package"
    return "lacks data" if re.match(NO_DATA, error) else "died"


def gather(
    checkout: Path, folder: Path, only: str, seconds: float, packages: Path | None
) -> dict[Path, dict[str, Any]]:
    """Run the files that write data, and our training. Return the outcome of each file.

    If a file runs more than once, its outcome is that of the first run that failed.
    """
    found: dict[Path, dict[str, Any]] = {}
    if not only:
        command = [sys.executable, "-m", "procgen_tools.cli", *TRAINING.split()]
        subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    for name, arguments in GATHERERS:
        path = checkout / name
        if only in name and path.exists():
            said = run(path, checkout, folder, seconds, packages, arguments)
            if path not in found or found[path]["outcome"] == "ran":
                found[path] = said
            link(folder)
    return found


def main() -> None:
    """Run all files, and print one line per file and the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--seconds", type=float, default=90.0, help="processor time for each file")
    parser.add_argument("--workers", type=int, default=1, help="files that run at the same time")
    parser.add_argument("--only", default="", help="run files whose path contains this")
    parser.add_argument("--packages", type=Path, help="a folder of packages that clients need")
    parser.add_argument("--scratch", type=Path, help="a folder to run in, which is kept")
    parser.add_argument("--report", type=Path, help="a JSON file to write what was found to")
    options = parser.parse_args()
    checkout = options.checkout.resolve()
    found_files = (path for folder in FOLDERS for path in (checkout / folder).rglob("*"))
    clients = sorted(path for path in found_files if path.suffix in (".py", ".ipynb"))
    files = [*clients, checkout / "README.ipynb"]
    packages = options.packages.resolve() if options.packages else None
    chosen = [path for path in files if options.only in str(path.relative_to(checkout))]
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        scratch = (options.scratch or Path(temporary)).resolve()
        folder = scratch / "procgen-tools"
        if not folder.exists():
            prepare(scratch, checkout)
        gathered = gather(checkout, folder, options.only, options.seconds, packages)

        def say(path: Path) -> dict[str, Any]:
            return gathered.get(path) or run(path, checkout, folder, options.seconds, packages)

        with ThreadPoolExecutor(options.workers) as pool:
            for said in pool.map(say, chosen):
                found.append(said)
                text = " ".join(str(said.get("text", "")).split())[:200]
                reason = f"{said.get('kind', '')} {text}"
                print(f"{said['outcome']:16} {said['file']} [{said['cells']}] {reason}", flush=True)
    counts = Counter(str(each["outcome"]) for each in found)
    print("; ".join(f"{counts[name]} {name}" for name in OUTCOMES), f"of {len(found)}")
    if options.report:
        options.report.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
