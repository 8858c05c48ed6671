"""A compiler, and the small core of the tests of mutants."""

import shutil
from pathlib import Path

import pytest

TINYCORE = Path(__file__).parents[1] / "mutants" / "tinycore"


@pytest.fixture(scope="session")
def tinycore(tmp_path_factory):
    """Build the small core once."""
    from harness.mutants.build import build
    from harness.mutants.source import fetch_sources

    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler called cc")
    out = tmp_path_factory.mktemp("tinycore")
    return build(fetch_sources(str(TINYCORE), out), out)
