"""`drizzle-harness scenes --write`: files, what it says, and errors."""

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner

from harness.cli.listing import scenes
from harness.errors import HarnessError


def run(*arguments):
    """Run the command with exceptions as they come."""
    return CliRunner().invoke(scenes, [str(one) for one in arguments], catch_exceptions=False)


def test_files_are_written_and_told(tmp_path):
    """Every file that is written is named, and the other way round."""
    told = run("--write", "hrc-moffat", "--to", tmp_path / "new")
    assert told.exit_code == 0
    lines = [line.partition(": ")[0] for line in told.output.splitlines()]
    assert sorted(lines) == sorted(str(path) for path in (tmp_path / "new").iterdir())
    assert len(lines) == 2


def test_seed_changes_the_scene(tmp_path):
    """--seed stands in for the scene's own seed."""
    images = []
    for seed in ("1", "2"):
        run("--write", "hrc-moffat", "--to", tmp_path / seed, "--seed", seed)
        images.append(fits.getdata(next((tmp_path / seed).glob("*_flt.fits")), "SCI"))
    assert not np.array_equal(*images)


def test_scenes_are_listed():
    """Without options all scenes are listed."""
    assert "ir-box-isotropic: " in run().output


def test_wrong_use_is_told(tmp_path):
    """Unknown names, folders that cannot be, and options that lack another are errors."""
    (tmp_path / "file").write_text("")
    for arguments, said in (
        (("--write", "nebula", "--to", tmp_path), "ir-box"),
        (("--write", "hrc-moffat", "--to", tmp_path / "file" / "in"), "cannot be written"),
        (("--write", "hrc-moffat"), "--to DIR"),
        (("--to", tmp_path), "--write NAME"),
    ):
        with pytest.raises(HarnessError, match=said):
            run(*arguments)
