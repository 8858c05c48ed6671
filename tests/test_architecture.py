"""The way of the data has one direction: imports between the layers are read from the source."""

import ast
from pathlib import Path

import pytest

HARNESS = Path(__file__).resolve().parents[1] / "harness"

LAYERS = [
    {"errors"},
    {"model"},
    {
        "checksum",
        "content",
        "exposure_arrays",
        "exposure_sequence",
        "exposure_stream",
        "fixture_data",
        "geometry",
        "installed",
        "keeping",
        "reading",
        "rows",
        "spool",
        "weighting",
        "writing",
    },
    {"scenes", "frames", "cores", "metrics", "gates"},
    {"trials"},
    {"timing"},
    {"sweep", "discovery", "mutants"},
    {"upgrade"},
    {"faults", "sanitizer"},
    {"records", "report"},
    {"plugin", "gate_request", "cli", "suite"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
JOBS = LAYERS[LEVEL["sweep"]]
NEVER_EACH_OTHER = [LAYERS[LEVEL["cores"]], JOBS]
SLOW_PACKAGES = {
    "astropy", "dask", "distributed", "drizzle", "drizzlepac", "hypothesis", "jinja2",
    "matplotlib", "photutils", "pydantic", "pytest_benchmark", "requests", "rich",
    "scipy", "shapely", "stwcs",
}  # fmt: skip
ADAPTERS = {
    "drizzlepac.py": {"drizzlepac", "astropy", "stwcs"},
    "astrodrizzle.py": {"drizzlepac", "astropy", "stwcs"},
    "stsci_drizzle.py": {"drizzle"},
}

MODULES = sorted(HARNESS.rglob("*.py"))


def top_name(path: Path) -> str:
    """Return the layer's name that a file belongs to."""
    return path.relative_to(HARNESS).parts[0].removesuffix(".py")


def imported_names(
    tree: ast.AST, *, annotations: bool = True, functions: bool = True
) -> list[tuple[str, int]]:
    """List what a module imports: at its top, in functions, and under TYPE_CHECKING."""
    found: list[tuple[str, int]] = []
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the layer"
            found.append((node.module or "", node.lineno))
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if typing_only and not annotations:
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not functions:
            continue
        pending.extend(ast.iter_child_nodes(node))
    return found


def layers_imported(path: Path) -> set[str]:
    """Return the names below `harness` that a file imports, itself excluded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {name.split(".")[1] for name, _ in imported_names(tree) if name.startswith("harness.")}
    return (names - {top_name(path)}) & set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(HARNESS)))
def test_imports_go_one_way(path: Path) -> None:
    """A module imports from the layers below its own, and never from a sibling it must not see."""
    own = top_name(path)
    if own == "__init__":
        return
    assert own in LEVEL, f"harness/{own} has no place in LAYERS: give it one in this test"
    for other in layers_imported(path):
        assert LEVEL[other] <= LEVEL[own], f"{path} imports harness.{other} from above"
        for siblings in NEVER_EACH_OTHER:
            assert not {own, other} <= siblings, f"{path} imports its sibling harness.{other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(HARNESS)))
def test_slow_packages_are_imported_where_used(path: Path) -> None:
    """No module imports a slow package at its top, so that help and collection stay fast."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = imported_names(tree, annotations=False, functions=False)
    slow = {name.split(".")[0] for name, _ in top} & SLOW_PACKAGES
    assert not slow, f"{path} imports {', '.join(sorted(slow))} at its top"


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_adapters_import_only_their_core(name: str) -> None:
    """An adapter runs in somebody else's environment: standard library, numpy and its core."""
    import sys

    tree = ast.parse((HARNESS / "cores" / name).read_text(encoding="utf-8"))
    used = {module.split(".")[0] for module, _ in imported_names(tree, annotations=False)}
    foreign = used - ADAPTERS[name] - {"numpy", "__future__"} - set(sys.stdlib_module_names)
    assert not foreign, f"{name} imports {', '.join(sorted(foreign))}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(HARNESS)))
def test_modules_stay_short(path: Path) -> None:
    """One idea a file: over 400 lines it is time to think again."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_metrics_know_no_core() -> None:
    """Outside cores/, no code asks a core for its name to decide what to do."""
    guilty = []
    for path in MODULES:
        if top_name(path) == "cores":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("core.name"):
                guilty.append(f"{path}:{node.lineno}")
    assert not guilty, f"ask for a capability instead: {guilty}"
