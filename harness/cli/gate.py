"""`drizzle-harness gate`: the quality gate in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

PATIENCE = 60.0
"""Seconds after Ctrl-C in which verdicts are gathered and the record is written."""
INTERRUPTED = 130
"""Exit code where even that took too long: 128 and the number of SIGINT."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--core", "names", multiple=True, required=True, help="Core to judge; repeatable.")
@click.option("--profile", type=click.Choice(["quick", "standard", "full"]), default="quick")
@click.option("--frames-dir", type=click.Path(path_type=Path), help="Folder of real frames.")
@click.option("--record", type=click.Path(path_type=Path), help="Write all verdicts as JSON.")
@click.option(
    "--truths", type=click.Path(path_type=Path), help="Keep what the oracle says from run to run."
)
@click.option("-n", "processes", type=click.IntRange(min=1), default=1, help="How many processes.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def gate(
    names: tuple[str, ...],
    profile: str,
    frames_dir: Path | None,
    record: Path | None,
    truths: Path | None,
    processes: int,
    pytest_args: tuple[str, ...],
) -> None:
    """Run the quality gate; further arguments go to pytest, its exit code comes back."""
    # A process of its own: pytest rewrites the modules of its plugins, which are loaded here. A
    # folder that is called harness, where the command is given, must not take their place (-P).
    args = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        *suite_paths(),
        "--profile",
        profile,
        "--import-mode=importlib",
        # The summary of the gate tells what is known and what does not apply, in a line a reason.
        "-rfE",
    ]
    for name in names:
        args += ["--core", name]
    if frames_dir is not None:
        args += ["--frames-dir", str(frames_dir)]
    if record is not None:
        args += ["--gate-record", str(record)]
    if truths is not None:
        args += ["--truths", str(truths)]
    # One at least: a core that ends its process must not end the run.
    args += ["-n", str(max(1, processes))]
    sys.exit(run_to_end([*args, *pytest_args]))


def run_to_end(command: list[str]) -> int:
    """Run pytest, and let it write its record after Ctrl-C, which reaches it as well.

    `subprocess.call` would kill it a quarter of a second later.
    """
    import subprocess

    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            try:
                return process.wait(timeout=PATIENCE)
            except (KeyboardInterrupt, subprocess.TimeoutExpired):
                process.kill()
                return INTERRUPTED


def suite_paths() -> list[str]:
    """Return where the gate's tests are: in the installed package, or in the checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "suite"
    return [str(installed if installed.is_dir() else package.parent / "tests" / "gate")]
