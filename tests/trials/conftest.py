"""A folder for what is kept from run to run."""

import pytest

from harness.timing.run import forget_cases
from harness.trials import once


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Name a folder for truths, and forget what this process knows before and after."""
    monkeypatch.setenv(once.VARIABLE, str(tmp_path / "truths"))
    forget_cases()
    yield tmp_path / "truths"
    forget_cases()
