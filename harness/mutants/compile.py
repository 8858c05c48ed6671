"""From a mutation to an extension that can be loaded: one unit compiled, all linked."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.checksum import file_checksum
from harness.errors import CoreError
from harness.mutants.build import Build
from harness.mutants.compiler_calls import Unit
from harness.mutants.mutation import Mutation, list_functions

SECTIONS = ("-ffunction-sections", "-fdata-sections", "-w")
"""One section for each function, so that the linker leaves out what nothing reaches."""
LEAN = ("-Wl,--gc-sections", "-Wl,--build-id=none", "-s")
TESTS = {"test", "tests"}
"""Folders whose units are a core's own tests: what only they reach is dead code."""
NOTHING_INLINED = ("-O0", "-fno-inline", "-fno-lto", "-w")
"""Options by which every function that is called is there, under its name."""
SYMBOL = re.compile(r"^[0-9a-f ]+ [tTwWU] (\w+)$", re.MULTILINE)
"""A function in the output of nm; one that is only declared inline is not defined there."""
COMPILE_LIMIT = 300.0
"""Seconds; a source takes one or two."""

Refusal = Literal["not compiled", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What became of a mutation.

    Attributes
    ----------
    path : Path or None
        The extension; None where there is none to run.
    refusal : str
        "not compiled" where it is no C, "unchanged" where the machine code that Python can reach
        is the same as without it; "" else.
    """

    path: Path | None
    refusal: Refusal | Literal[""] = ""


class Workshop:
    """A copy of the C sources in which one mutation at a time is made, compiled and taken back.

    Parameters
    ----------
    build : Build
    folder : Path
        For the copy and the objects; one for each job.
    flags : tuple of str, optional
        Added to every call of the compiler and the linker, such as those of a sanitizer.
    lean : bool, optional
        Whether symbols and what nothing reaches are left out of the extension.

    Attributes
    ----------
    dead : frozenset of str
        Functions that nothing reaches from Python, save by the core's own tests in C, or that are
        reached through such only.
    """

    def __init__(
        self, build: Build, folder: Path, *, flags: tuple[str, ...] = (), lean: bool = True
    ) -> None:
        self.build = build
        self._lean = LEAN if lean else ()
        self._flags = flags
        self._tree = folder / "tree"
        self._objects = folder / "objects"
        self._folder = folder
        for path in (self._tree, self._objects):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        for source in self.sources():
            target = self._tree / source
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(build.root / source, target)
        self._exports = folder / "exports.map"
        name = build.extension.rpartition(".")[2]
        self._exports.write_text(f"{{ global: PyInit_{name}; local: *; }};\n")
        for unit in build.units:
            self._compile(unit, self._object(unit))
        self._users = {unit: self._read_users(unit) for unit in build.units}
        self.dead = self._find_dead()
        self._plain = self._fingerprint({})

    def sources(self) -> tuple[str, ...]:
        """Return every C source and header below the root, by path."""
        return tuple(
            sorted(
                str(path.relative_to(self.build.root))
                for path in self.build.root.rglob("*.[ch]")
                if "build" not in path.relative_to(self.build.root).parts[:1]
            )
        )

    def mutable(self) -> tuple[str, ...]:
        """Return the sources that the extension is made of, its own tests left out."""
        used = set().union(*self._users.values()) if self._users else set()
        return tuple(one for one in sorted(used) if not TESTS & set(Path(one).parts))

    def read(self, source: str) -> bytes:
        """Return a source as it was."""
        return (self.build.root / source).read_bytes()

    def link_plain(self, target: Path) -> Path:
        """Link the extension without any mutation."""
        self._link(target, {})
        return target

    def compile(self, mutation: Mutation, target: Path) -> Compiled:
        """Make the extension with a mutation.

        Parameters
        ----------
        mutation : Mutation
        target : Path
            Of the extension.
        """
        path = self._tree / mutation.file
        plain = self.read(mutation.file)
        fresh: dict[Unit, Path] = {}
        try:
            path.write_bytes(mutation.apply(plain))
            for unit in self.build.units:
                if mutation.file in self._users[unit]:
                    fresh[unit] = self._object(unit).with_suffix(".mutant.o")
                    if not self._compile(unit, fresh[unit], must=False):
                        return Compiled(path=None, refusal="not compiled")
            if self._fingerprint(fresh) == self._plain:
                return Compiled(path=None, refusal="unchanged")
            self._link(target, fresh)
            return Compiled(path=target)
        finally:
            path.write_bytes(plain)
            for one in fresh.values():
                one.unlink(missing_ok=True)

    def _object(self, unit: Unit) -> Path:
        return self._objects / (unit.source.replace("/", "_") + ".o")

    def _call(self, unit: Unit, *more: str) -> subprocess.CompletedProcess[str]:
        root, tree = str(self.build.root), str(self._tree)
        arguments = [one.replace(root, tree) for one in unit.arguments]
        command = [self.build.compiler, *arguments, *SECTIONS, *self._flags]
        command += [str(self._tree / unit.source), *more]
        return subprocess.run(
            command,
            cwd=self._tree / unit.folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=COMPILE_LIMIT,
        )

    def _compile(self, unit: Unit, target: Path, *more: str, must: bool = True) -> bool:
        done = self._call(unit, *more, "-c", "-o", str(target))
        if done.returncode and must:
            raise CoreError(
                f"{unit.source} does not compile:\n{done.stderr[-2000:]}",
                where=str(self._tree),
                remedy="Look whether the package itself can be built here",
            )
        return not done.returncode

    def _read_users(self, unit: Unit) -> frozenset[str]:
        """Return the sources below the root that a unit is compiled from."""
        done = self._call(unit, "-MM", "-MT", "unit")
        words = done.stdout.replace("\\\n", " ").split()[1:]
        tree = self._tree.resolve()
        paths = [(self._tree / unit.folder / word).resolve() for word in words]
        return frozenset(str(one.relative_to(tree)) for one in paths if one.is_relative_to(tree))

    def _find_dead(self) -> frozenset[str]:
        """Ask the linker which functions are left where nothing is inlined."""
        folder = self._folder / "calls"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        objects: dict[Unit, Path] = {}
        for unit in self.build.units:
            objects[unit] = folder / self._object(unit).name
            self._compile(unit, objects[unit], *NOTHING_INLINED)
        target = folder / "calls.so"
        self._link(target, objects, tests=False, lean=("-Wl,--gc-sections",))
        told = subprocess.run(
            ["nm", str(target)],  # noqa: S607 - as the linker, of the same package
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise CoreError(
                f"nm failed: {told.stderr.strip()}", where=str(target), remedy="Install binutils"
            )
        called = set(SYMBOL.findall(told.stdout))
        defined = {one for source in self.mutable() for one in list_functions(self.read(source))}
        return frozenset(defined - called)

    def _link(
        self,
        target: Path,
        fresh: dict[Unit, Path],
        *,
        tests: bool = True,
        lean: tuple[str, ...] | None = None,
    ) -> None:
        objects = [
            str(fresh.get(unit, self._object(unit)))
            for unit in self.build.units
            if tests or not TESTS & set(Path(unit.source).parts)
        ]
        left = self._lean if lean is None else lean
        command = [self.build.compiler, *objects, *self.build.link, *left, *self._flags]
        command += [f"-Wl,--version-script={self._exports}", "-o", str(target)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=COMPILE_LIMIT,
        )
        if done.returncode:
            raise CoreError(
                f"the linker failed:\n{done.stderr[-2000:]}",
                where=str(target),
                remedy="Mutants need a compiler with the options of GCC and of the GNU linker",
            )

    def _fingerprint(self, fresh: dict[Unit, Path]) -> str:
        """Return the hash of all code that the extension's functions can reach.

        No debugging information, no symbols, no build identifier, no function that nothing calls:
        two extensions of one fingerprint do the same.
        """
        passing = self._folder / "fingerprint.so"
        self._link(passing, fresh, tests=False)
        return file_checksum(passing)
