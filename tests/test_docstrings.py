"""Docstrings tell what callers need: parameters, shapes of arrays, and the errors raised.

Two grades: in every module, whatever is an array has a shape and whatever is raised is named; in
the modules of the reference (docs/pages.py) every parameter and every field stands in its section,
too. Left out are hooks and fixtures of pytest and commands of click, which nobody calls.
"""

import ast
import builtins
import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
HARNESS = ROOT / "harness"
MODULES = sorted(HARNESS.rglob("*.py"))
ARRAY = re.compile(
    r"\b(NDArray|Array|AnyArray|Image|Mask|FloatImage|DQImage|ContextImage|Pixmap)\b"
)
SHAPE = re.compile(r"\([\w ,+/-]*,[^)]*\)|\b(any|same) shape|\bas\b.* `", re.IGNORECASE)
"""(ny, nx), (n,) and the like, or the other function or field at which it is told."""
UNDERLINE = re.compile("-{3,}")
NOT_CALLED = re.compile(r"command|fixture|hookimpl|overload|property|pass_context")
Function = ast.FunctionDef
POOR = '''
@dataclass(frozen=True)
class Star:
    """A star.

    Attributes
    ----------
    stamp : ndarray
        Its pixels.
    """

    stamp: Image
    flux: float


def mask(wht: Image, floor: float) -> Mask:
    """Select pixels.

    Parameters
    ----------
    wht : ndarray
        Weights.
    ceiling : float
        Long gone.
    """
    if floor < 0:
        raise ValueError(floor)
    try:
        return _above(wht, floor)
    except KeyError:
        raise TypeError from None


def _above(wht, floor):
    if not wht.size:
        raise MetricError("no pixels")
    raise KeyError(floor)
'''
"""A module in which something of each kind is missing; the KeyError is caught."""


def load_pages() -> ModuleType:
    """Import docs/pages.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / "docs" / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_reference() -> list[Path]:
    """List the files of the modules that the reference shows."""
    names = [name for chapter in load_pages().API.values() for name in chapter]
    return [ROOT / f"{name.replace('.', '/')}.py" for name in names]


def name_of(path: Path) -> str:
    """Name a case after its file."""
    return str(path.relative_to(HARNESS))


def sections(node: ast.AST) -> dict[str, dict[str, str]]:
    """Read the numpydoc sections: name of the section, name of the entry, its text."""
    assert isinstance(node, Function | ast.ClassDef)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    title, entries = "", list[str]()
    lines = (ast.get_docstring(node) or "").splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=False):
        if UNDERLINE.fullmatch(below):
            title, entries = line, []
        elif title and line and not line[0].isspace() and not UNDERLINE.fullmatch(line):
            entries = [name.strip("* ") for name in re.split(r" ?:(?= |$)", line)[0].split(",")]
            found[title] |= dict.fromkeys(entries, line)
        else:
            found[title] |= {name: f"{found[title][name]} {line}" for name in entries}
    return found


def functions(path: Path) -> Iterator[tuple[str, Function]]:
    """Give the public functions and methods of a module that somebody calls, with their names."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("_"):
            continue
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if not isinstance(one, Function) or one.name.startswith(("_", "pytest_")):
                continue
            if not any(NOT_CALLED.search(ast.unparse(mark)) for mark in one.decorator_list):
                yield f"{path.stem}.{one.name}", one


def fields(path: Path) -> Iterator[tuple[str, ast.ClassDef, list[ast.AnnAssign]]]:
    """Give the public dataclasses of a module with their fields."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
            continue
        if any("dataclass" in ast.unparse(mark) for mark in node.decorator_list):
            own = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            public = [one for one in own if not ast.unparse(one.target).startswith("_")]
            yield f"{path.stem}.{node.name}", node, public


def arguments(function: Function) -> list[ast.arg]:
    """List the named arguments but for self."""
    stated = function.args
    named = [*stated.posonlyargs, *stated.args, *stated.kwonlyargs]
    return [one for one in named if one.arg not in ("self", "cls")]


def raised(function: Function, private: dict[str, Function], seen: frozenset[str]) -> set[str]:
    """Name what a function raises, by itself and in the private functions of its module.

    What it catches does not count, nor what a function returns to be raised, but for its type.
    """
    names, caught = set(), set()
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and node.exc is not None:
            called = ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
            maker = private.get(called)
            if maker is not None and maker.returns is not None:
                called = ast.unparse(maker.returns)
            names.add(called.split(".")[-1])
        elif isinstance(node, ast.ExceptHandler) and node.type is not None:
            caught |= set(re.findall(r"\w+", ast.unparse(node.type)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            inner = private.get(node.func.id)
            if inner is not None and node.func.id not in seen:
                names |= raised(inner, private, seen | {node.func.id})
    return {name for name in names if name[0].isupper() and not caught & with_bases(name)}


def with_bases(name: str) -> set[str]:
    """Return an exception's name with those of its built-in bases."""
    kind = getattr(builtins, name, None)
    return {name} | ({base.__name__ for base in kind.__mro__} if kind else set())


def shapeless(path: Path) -> list[str]:
    """Name parameters, fields and return values that are arrays and tell no shape."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}

    def is_array(stated: ast.expr | None) -> bool:
        found = set() if stated is None else set(ARRAY.findall(ast.unparse(stated)))
        return bool(found - classes)

    missing = []
    for name, one in functions(path):
        told = sections(one)
        for argument in arguments(one):
            entry = told["Parameters"].get(argument.arg, "")
            if is_array(argument.annotation) and not SHAPE.search(entry):
                missing.append(f"{name}({argument.arg})")
        given = " ".join([*told["Returns"].values(), *told["Yields"].values()])
        if is_array(one.returns) and not SHAPE.search(given):
            missing.append(f"return of {name}")
    for name, node, own in fields(path):
        told = sections(node)
        for field in own:
            entry = told["Attributes"].get(ast.unparse(field.target), "")
            if is_array(field.annotation) and not SHAPE.search(entry):
                missing.append(f"{name}.{ast.unparse(field.target)}")
    return missing


def unnamed_errors(path: Path) -> list[str]:
    """Name what functions raise, themselves or by a private function beside them, untold."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    private = {
        one.name: one for one in tree.body if isinstance(one, Function) and one.name.startswith("_")
    }
    missing = []
    for name, one in functions(path):
        # Raised where code is wrong, not the caller.
        left = raised(one, private, frozenset()) - {"AssertionError", "NotImplementedError"}
        left -= {entry.split(".")[-1] for entry in sections(one)["Raises"]}
        missing += [f"{name}: {error}" for error in sorted(left)]
    return missing


def untold(path: Path) -> list[str]:
    """Name parameters and fields without an entry, and entries without a parameter."""
    missing = []
    for name, one in functions(path):
        wanted = {argument.arg for argument in arguments(one)}
        stars = {star.arg for star in (one.args.vararg, one.args.kwarg) if star}
        entries = set(sections(one)["Parameters"])
        missing += [f"{name}({entry})" for entry in sorted(wanted - entries)]
        missing += [f"no {entry} of {name}" for entry in sorted(entries - wanted - stars)]
    for name, node, own in fields(path):
        told = sections(node)
        described = set(told["Attributes"]) | set(told["Parameters"])
        left = {ast.unparse(field.target) for field in own} - described
        missing += [f"{name}.{field}" for field in sorted(left)]
    return missing


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrays_have_shapes_and_errors_names(path: Path) -> None:
    """Whatever is an array has a shape, and whatever is raised stands in Raises."""
    assert not shapeless(path), "write (ny, nx) or the like into these entries"
    assert not unnamed_errors(path), "add these to Raises"


@pytest.mark.parametrize("path", in_reference(), ids=name_of)
def test_the_reference_is_complete(path: Path) -> None:
    """In the reference every parameter and field is described, and none that there is not."""
    assert not untold(path), "describe these, or take them out"


def test_what_is_missing_is_seen(tmp_path: Path) -> None:
    """A module with one defect of each kind is told of each of them."""
    path = tmp_path / "poor.py"
    path.write_text(POOR, encoding="utf-8")
    assert shapeless(path) == ["poor.mask(wht)", "return of poor.mask", "poor.Star.stamp"]
    assert unnamed_errors(path) == [
        "poor.mask: MetricError",
        "poor.mask: TypeError",
        "poor.mask: ValueError",
    ]
    assert untold(path) == ["poor.mask(floor)", "no ceiling of poor.mask", "poor.Star.flux"]
