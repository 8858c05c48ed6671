"""One HTML file that holds all it shows: no outside resource, light and dark, wide and narrow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from harness import __version__
from harness.errors import FixtureError, UsageError
from harness.installed import check_packages
from harness.report.colours import css_variables
from harness.report.drawing import Drawing, make_png
from harness.writing import written_whole

TEMPLATES = Path(__file__).parent / "templates"
LARGEST = 5_000_000
"""Bytes of a page: it is sent by mail and opened on phones."""
NEEDED = ("jinja2", "matplotlib")
SLOW = (
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "PIL.PngImagePlugin",
    "jinja2",
)
"""What a page imports when it is made, and may be imported before by who has to wait."""


def check_installed() -> None:
    """Raise unless the packages that make pages are there; cheap, nothing is imported.

    Raises
    ------
    UsageError
        Naming what is missing.
    """
    check_packages(
        NEEDED,
        where="the report",
        remedy='Install "drizzle-harness[report]", or go on without it (--no-report)',
    )


def find_record(path: Path, schemas: Sequence[str]) -> tuple[Path, str]:
    """Return the file of a record, and its schema.

    Parameters
    ----------
    path : Path
        The file, or the folder that holds it as the only record.
    schemas : sequence of str
        Those that a page is made of.

    Raises
    ------
    FixtureError
        If there is none, or several.
    """
    if not path.exists():
        raise FixtureError(
            "there is no such file or folder",
            where=str(path),
            remedy="Name the JSON file that a run has written, or the folder that holds it",
        )
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found = [(one, schema) for one in files if (schema := _schema_of(one)) in schemas]
    if len(found) == 1:
        return found[0]
    if found:
        told = f"holds several records ({', '.join(one.name for one, _ in found)})"
    elif path.is_dir():
        told = "holds no record that has a page"
    else:
        schema = _schema_of(path)
        told = f"has the schema {schema}, of which no page is made" if schema else "is no record"
    raise FixtureError(
        told,
        where=str(path),
        allowed=f"JSON with a schema of {', '.join(schemas)}",
        remedy="Name the file of the record",
    )


def _schema_of(path: Path) -> str:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(plain.get("schema", "")) if isinstance(plain, dict) else ""


def render(template: str, **content: Any) -> str:
    """Return a page.

    Parameters
    ----------
    template : str
        A file of `templates` that extends base.html.j2.
    **content
        What it shows; all text is escaped, `Drawing.svg` is not.

    Returns
    -------
    str
        The HTML; the same for the same content.
    """
    page: str = _environment().get_template(template).render(version=__version__, **content)
    return page


def write_page(page: str, path: Path, drawings: Sequence[Drawing] = ()) -> None:
    """Write a page, and its drawings as `figures/NAME.png` beside it.

    Raises
    ------
    UsageError
        If the folder cannot be written, or the page is larger than `LARGEST`.
    """
    content = page.encode("utf-8")
    if len(content) > LARGEST:
        raise UsageError(
            f"the page would have {len(content) / 1e6:.1f} MB",
            where=str(path),
            allowed=f"{LARGEST / 1e6:g} MB",
            remedy="Split the run; the record and the table hold everything",
        )
    for drawing in drawings:
        with written_whole(path.parent / "figures" / f"{drawing.name}.png") as part:
            part.write_bytes(make_png(drawing))
    with written_whole(path) as part:
        part.write_bytes(content)


@cache
def _environment() -> Any:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    # The harness's own files and figures: everything else is escaped.
    environment.globals["style"] = Markup(css_variables() + style)  # noqa: S704
    environment.globals["script"] = Markup(script)  # noqa: S704
    environment.filters["inline"] = lambda drawing: Markup(drawing.svg)  # noqa: S704
    return environment
