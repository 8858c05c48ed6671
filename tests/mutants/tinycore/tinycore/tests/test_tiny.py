"""Tests that come with the package: one good, one that needs what is not there."""

from pathlib import Path

import tinycore


def test_total():
    """The sum of the numbers up to 4."""
    assert tinycore.total(4) == 10


def test_with_data():
    """Needs a file that no sdist has."""
    assert Path(__file__).with_name("data.fits").exists()
