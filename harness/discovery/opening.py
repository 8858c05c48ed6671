"""A core in its worker, ready to be searched."""

from __future__ import annotations

import atexit
import importlib.metadata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.subject import Subject
from harness.errors import UsageError


@contextmanager
def open_subject(name: str, python: str | Path | None = None) -> Iterator[Subject]:
    """Start the worker of a core, or take the oracle, which needs none.

    Parameters
    ----------
    name : str
    python : str or Path, optional
        Interpreter of the environment that the core is installed in; this one's where not given.

    Raises
    ------
    UsageError
        If nobody knows how to call the core.
    CoreError
        If its worker does not start.
    """
    if name == OraclePerformer.name:
        yield Subject(OraclePerformer(), name)
        return
    from harness.cores.worker import Worker
    from harness.cores.worker.child.serve import ADAPTERS

    if ":" not in name and name not in ADAPTERS:
        raise UsageError(
            f"nothing is known of how to call {name!r} by single requests",
            where="--core",
            allowed=f"{', '.join(sorted((OraclePerformer.name, *ADAPTERS)))}, "
            'or "package.module:attribute"',
            remedy="Name one of these",
        )
    with Worker(core=name, python=python) as worker:
        subject = Subject(worker, name)
        subject.versions = {one: worker.versions[one] for one in (name, "numpy")}
        yield subject


@cache
def kept_subject(name: str) -> Subject:
    """Open a core once for the whole process, at whose end its worker ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(open_subject(name))


@cache
def versions_of(name: str) -> dict[str, str]:
    """Return the versions of a core and of numpy, for the record.

    Of a core "package.module:attribute" the version is that of no package.
    """
    found = {}
    for package in (name, "numpy"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
