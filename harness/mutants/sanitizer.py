"""A core built with the address and undefined-behaviour sanitizers, and what they report."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.errors import CoreError
from harness.fixture_data import STRICT, list_fixtures, load_fixture
from harness.mutants.build import Build
from harness.mutants.compile import Workshop
from harness.mutants.package import MutantPackage

FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer",
         "-g", "-O1")  # fmt: skip
LIBRARIES = ("libasan.so", "libubsan.so")
FOLDER = "sanitizer"
"""Folder of fixtures with the findings that are known."""
KIND = re.compile(r"ERROR: AddressSanitizer: (\S+)|runtime error: (.+)")
FRAME = re.compile(r"^\s*#\d+ \S+ in (\S+) (.*)$", re.MULTILINE)
PLACE = re.compile(r"^(\S+?):(\d+):\d+: runtime error", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One report of a sanitizer.

    Attributes
    ----------
    kind : str
        "heap-buffer-overflow", or the sentence on undefined behaviour, numbers left out.
    function : str
        The innermost function of the core on the stack, and its caller.
    request : str
        On which it was seen first.
    text : str
        The whole report.
    """

    kind: str
    function: str
    request: str
    text: str

    @property
    def signature(self) -> str:
        """What two reports of one cause have in common."""
        return f"{self.kind} in {self.function}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFinding:
    """A finding that is known: its signature, and what the core does wrong."""

    __pydantic_config__: ClassVar[Any] = STRICT

    signature: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFindings:
    """The content of one file of known findings."""

    __pydantic_config__: ClassVar[Any] = STRICT

    core: str
    core_versions: str
    finding: tuple[KnownFinding, ...] = ()


def build_sanitized(build: Build, folder: Path) -> MutantPackage:
    """Compile the extension with sanitizers and return the package with it.

    Raises
    ------
    CoreError
        If the compiler has none.
    """
    workshop = Workshop(build, folder / "sanitized", flags=FLAGS, lean=False)
    package = MutantPackage(build, folder / "sanitized")
    package.put(workshop.link_plain(folder / "sanitized" / "plain.so"))
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
        # The interpreter itself leaves memory behind at its end.
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:abort_on_error=1",
        # Objects of Python from the allocator that the sanitizer watches, too.
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": os.pathsep.join(
            [str(package.folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
        "DRIZZLE_HARNESS_HEAP": "1",
    }


class Reports:
    """What the sanitizers have reported, by signature.

    Parameters
    ----------
    functions : collection of str
        Of the core, among which the innermost on the stack is looked for.
    """

    def __init__(self, functions: Collection[str]) -> None:
        self._functions = functions
        self.findings: dict[str, Finding] = {}

    def add(self, text: str, request: str) -> Finding | None:
        """Take what a process wrote at its end; return what is new in it."""
        found = read_report(text, self._functions, request)
        if found is None:
            found = Finding(kind="death without a report", function="?", request=request, text=text)
        if found.signature in self.findings:
            return None
        self.findings[found.signature] = found
        return found


def read_report(text: str, functions: Collection[str], request: str) -> Finding | None:
    """Read one report; None where it reports nothing."""
    kind = KIND.search(text)
    if kind is None:
        return None
    what = kind[1] or re.sub(r"0x[0-9a-f]+|-?\d[\d.e+-]*", "N", kind[2]).strip()
    frames = [name for name, _ in FRAME.findall(text)]
    # The caller, too: accessors of pixels are called from everywhere.
    function = " < ".join([name for name in frames if name in functions][:2])
    if not function:
        place = PLACE.search(text)
        function = f"{Path(place[1]).name}:{place[2]}" if place else (frames or ["?"])[0]
    return Finding(kind=what, function=function, request=request, text=text)


def load_known(core: str, version: str) -> dict[str, str]:
    """Return the reasons of known findings of a release, by signature."""
    from packaging.specifiers import SpecifierSet

    reasons: dict[str, str] = {}
    for path in list_fixtures(FOLDER).values():
        content = load_fixture(path, KnownFindings)
        covered = SpecifierSet(content.core_versions).contains(version, prereleases=True)
        if content.core == core and covered:
            reasons |= {one.signature: one.reason for one in content.finding}
    return reasons


def describe(findings: Mapping[str, Finding], known: Mapping[str, str], folder: Path) -> list[str]:
    """Return the lines that tell of each finding, its stack in the core first."""
    lines = []
    for number, (signature, one) in enumerate(sorted(findings.items()), start=1):
        state = f"known: {known[signature]}" if signature in known else "NEW"
        path = folder / f"{number:02d}.txt"
        path.write_text(one.text)
        lines += [f"{signature} ({state})", f"  first on {one.request}; the report: {path}"]
        lines += [f"    {name} {place}" for name, place in FRAME.findall(one.text)[:4]]
    return lines
