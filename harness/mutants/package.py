"""The built package with another file in the place of its extension."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.mutants.build import Build


class MutantPackage:
    """A copy of the package below a folder, for sys.path or PYTHONPATH.

    Parameters
    ----------
    build : Build
    parent : Path
        Gets a folder "package"; an older one is replaced.

    Attributes
    ----------
    folder, extension : Path
        What goes on the path, and the file in it that is exchanged.
    """

    def __init__(self, build: Build, parent: Path) -> None:
        self.folder = parent / "package"
        self.extension = self.folder / build.target
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(build.package, self.folder)

    def put(self, extension: Path) -> None:
        """Put a file in the place of the extension."""
        # A new file: who still has the last one mapped must not be disturbed.
        self.extension.unlink(missing_ok=True)
        shutil.copyfile(extension, self.extension)
