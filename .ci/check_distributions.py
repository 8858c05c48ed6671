"""Check that a wheel and a source distribution hold all that the repository has for them.

    python .ci/check_distributions.py DIST

The wheel must have every module, every fixture (as `harness/fixtures`) and every test of the gate
(as `harness/suite`), and no test of the harness; the source distribution what it is made of.
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IN_WHEEL = {"harness": "harness", "fixtures": "harness/fixtures", "tests/gate": "harness/suite"}
"""Folder of the repository to its place in the wheel."""
IN_SDIST = ("harness", "fixtures", "tests", "docs", "README.md", "LICENSE", "pyproject.toml")


def tracked(folder: str) -> list[str]:
    """Return the files of the repository below a folder, or the file itself."""
    told = subprocess.run(
        ["git", "ls-files", "-z", folder],  # noqa: S607 - whichever git checked this out
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in told.stdout.split("\0") if name]


def wanted_in_wheel() -> set[str]:
    """Return the names that a wheel must have."""
    return {
        place + name.removeprefix(folder)
        for folder, place in IN_WHEEL.items()
        for name in tracked(folder)
    }


def check(dist: Path) -> list[str]:
    """Return what is wrong with the one wheel and the one source distribution of a folder."""
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as opened:
        held = {name for name in opened.namelist() if ".dist-info/" not in name}
    wanted = wanted_in_wheel()
    wrong = [f"{wheel.name} lacks {name}" for name in sorted(wanted - held)]
    wrong += [f"{wheel.name} has {name} besides" for name in sorted(held - wanted)]
    with tarfile.open(sdist) as opened:
        packed = {name.partition("/")[2] for name in opened.getnames()}
    needed = {name for folder in IN_SDIST for name in tracked(folder)}
    return wrong + [f"{sdist.name} lacks {name}" for name in sorted(needed - packed)]


if __name__ == "__main__":
    found = check(Path(sys.argv[1]))
    sys.exit("\n".join(found) if found else 0)
