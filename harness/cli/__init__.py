"""The command line: `drizzle-harness COMMAND`, one file for each job."""

from __future__ import annotations

import errno
import importlib
import sys
from pathlib import Path

import click

from harness import __version__
from harness.errors import HarnessError

USAGE = 2
"""Exit code for what was asked wrongly."""
MENDABLE = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""What is wrong with a file or folder that was named, and not with the harness."""
COMMANDS = {
    "cores": "listing:cores",
    "specifications": "listing:specifications",
    "scenes": "listing:scenes",
    "frames": "listing:frames",
    "gate": "gate:gate",
    "sweep": "sweep:sweep",
    "report": "report:report",
    "time": "time:time_cores",
    "trend": "trend:trend",
    "scale": "scale:scale",
    "discover": "discover:discover",
    "replay": "replay:replay",
    "upgrade": "upgrade:upgrade",
    "baseline": "baseline:baseline",
    "backtest": "backtest:backtest",
    "faults": "faults:faults",
    "mutants": "mutants:mutants",
    "sanitize": "sanitize:sanitize",
}
"""Command to the module of this package, and the function in it; read when it is asked for."""


class Commands(click.Group):
    """A group that reads its commands late and tells the harness's errors in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module, and return the command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - our own table
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of the harness becomes a message and exit code 2."""
        try:
            result: object = super().invoke(ctx)
        except HarnessError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(USAGE)
        except OSError as error:
            if error.filename is None or error.errno not in MENDABLE:
                raise
            told = HarnessError(
                f"cannot be used ({error.strerror})",
                where=str(error.filename),
                remedy="Name another file or folder, or see to its permissions and space",
            )
            click.echo(f"error: {told}", err=True)
            ctx.exit(USAGE)
        return result


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="drizzle-harness")
def main() -> None:
    """Judge drizzle cores: quality, performance, upgrades."""
    # "module:attribute" may name a file of the present folder, as under `python -m`; it comes last,
    # so that it shadows nothing.
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.append(folder)
