"""A compiler, and a core of our own that it builds once."""

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
collect_ignore = ["tinycore"]
"""The package's own tests are run by the code under test."""


@pytest.fixture(scope="session")
def compiler():
    """Skip where there is no C compiler."""
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler called cc")


@pytest.fixture(scope="session")
def tinycore(compiler, tmp_path_factory):
    """Build the small core once; the folder holds sources, environment and package."""
    from harness.mutants.build import build
    from harness.mutants.source import fetch_sources

    out = tmp_path_factory.mktemp("tinycore")
    return build(fetch_sources(str(HERE / "tinycore"), out), out)


@pytest.fixture
def tiny_out(tinycore, tmp_path):
    """Return a folder in which the small core is built already, for runs of their own."""
    out = tmp_path / "out"
    shutil.copytree(tinycore.package.parent, out, symlinks=True)
    (out / "journal.jsonl").unlink(missing_ok=True)
    record = out / "build.json"
    record.write_text(record.read_text().replace(str(tinycore.package.parent), str(out)))
    return out
