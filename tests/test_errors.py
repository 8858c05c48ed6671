"""Tests of harness.errors."""

import pickle

from harness.errors import FrameError, HarnessError


def test_message_has_place_finding_limits_and_remedy() -> None:
    """The text puts where, what, what is allowed and what to do in that order."""
    error = FrameError("has no WCS", where="a.fits[1]", allowed="CTYPE1", remedy="Add one")
    assert str(error) == "a.fits[1]: has no WCS. Allowed: CTYPE1. Add one."


def test_message_without_details_is_one_sentence() -> None:
    """Parts that were not given leave no empty sentences."""
    assert str(HarnessError("something is wrong.")) == "something is wrong."


def test_error_survives_the_way_between_processes() -> None:
    """A pickled error comes back with its type and all its parts."""
    error = FrameError("has no WCS", where="a.fits[1]", remedy="Add one")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(back) is FrameError
    assert str(back) == str(error)
