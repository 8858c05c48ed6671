"""`drizzle-harness sanitize`: a C core under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import sys
from pathlib import Path

import click

AS_KNOWN, NEW = 0, 1
"""Exit codes: nothing but known findings; something new, or a known one is gone."""


@click.command()
@click.argument("sdists", nargs=-1, required=True, metavar="SDIST...")
@click.option("--core", default="", help="Name of the core; by default that of the package.")
@click.option("--examples", type=click.IntRange(min=0), default=300, show_default=True,
              help="Requests drawn for each property.")  # fmt: skip
@click.option("--extension", default="", help="Extension module, where the package has several.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("sanitized"),
              show_default=True, help="Gets a folder of build and reports for each.")  # fmt: skip
def sanitize(sdists: tuple[str, ...], core: str, examples: int, extension: str, out: Path) -> None:
    """Build the C core of each SDIST with sanitizers, and ask it everything.

    SDIST is a requirement ("drizzle==3.0.0"), an sdist, or a folder. The calls of the checks of
    resampling, the corpus, and requests drawn by the properties are made, each array in an
    allocation of its own. Every finding is told with its stack, and a new one kept as a minimal
    case. Exit code 0: all findings are known (fixtures/sanitizer), and all known ones are there;
    1: something is new, or gone.
    """
    from harness.sanitizer.run import describe
    from harness.sanitizer.run import sanitize as run

    code = AS_KNOWN
    for sdist in sdists:
        plain_name = "".join(one if one.isalnum() or one in ".-" else "_" for one in sdist)
        folder = (out / plain_name.strip("_.")).resolve()
        result = run(
            sdist, folder, core=core, extension=extension, examples=examples, tell=click.echo
        )
        for line in describe(result, folder):
            click.echo(line)
        code = code if result.as_known else NEW
    sys.exit(code)
