"""A package whose extension is compiled with the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.errors import CoreError
from harness.mutants.build import Build
from harness.mutants.compile import Workshop
from harness.mutants.package import MutantPackage

FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer",
         "-g", "-O1")  # fmt: skip
LIBRARIES = ("libasan.so", "libubsan.so")
FOLDER = "sanitized"
ASAN_OPTIONS = (
    "detect_leaks=0",  # the interpreter itself leaves memory behind at its end
    "abort_on_error=1",
    "allocator_may_return_null=1",
    # The worker has handlers of its own, which know nothing of the stack in C.
    "handle_segv=2",
    "handle_sigbus=2",
    "handle_sigfpe=2",
)


def sources_of(folder: Path) -> Path:
    """Return where `build_sanitized` compiles the sources: what the reports call them by."""
    return (folder / FOLDER / "tree").resolve()


def build_sanitized(build: Build, folder: Path) -> MutantPackage:
    """Compile the extension with sanitizers and return the package with it.

    Raises
    ------
    CoreError
        If the compiler has none.
    """
    workshop = Workshop(build, folder / FOLDER, flags=FLAGS, lean=False)
    package = MutantPackage(build, folder / FOLDER)
    package.put(workshop.link_plain(folder / FOLDER / "plain.so"))
    return package


def environment(build: Build, package: MutantPackage) -> dict[str, str]:
    """Return the variables with which a process runs the sanitized core.

    Parameters
    ----------
    build : Build
    package : MutantPackage

    Raises
    ------
    CoreError
        If the compiler cannot name its libraries.
    """
    libraries = []
    for name in LIBRARIES:
        command = [build.compiler, f"-print-file-name={name}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        path = Path(done.stdout.strip())
        if not path.is_absolute():
            raise CoreError(
                f"the compiler has no {name}",
                where=build.compiler,
                remedy="Install the sanitizers of the compiler (libasan, libubsan)",
            )
        libraries.append(str(path.resolve()))
    return {
        "LD_PRELOAD": ":".join(libraries),
        "ASAN_OPTIONS": ":".join(ASAN_OPTIONS),
        "UBSAN_OPTIONS": "print_stacktrace=1:abort_on_error=1",
        # Objects of Python from the allocator that the sanitizer watches, too.
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": os.pathsep.join(
            [str(package.folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
        "DRIZZLE_HARNESS_HEAP": "1",
    }
