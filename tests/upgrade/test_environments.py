"""Tests of harness.upgrade.environments, on packages that need neither network nor compiler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import EnvironmentBuildError, UsageError
from harness.upgrade.environments import Environment, prepare_environment
from harness.upgrade.installer import find_uv
from harness.upgrade.recipes import find_recipes
from harness.upgrade.side import parse_side

BACKEND = """
import pathlib, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tinycore-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as archive:
        archive.writestr("tinycore.py", pathlib.Path("tinycore.py").read_text())
        info = "tinycore-1.0.dist-info/"
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tinycore\\nVersion: 1.0\\n")
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(info + "RECORD", "tinycore.py,,\\n")
    pathlib.Path("beside-the-sources").touch()
    return name
"""  # noqa: E501 - lines of a file
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tinycore"
version = "1.0"
"""


def run_inside(environment: Environment, code: str) -> str:
    """Return what a line of Python prints in an environment."""
    return subprocess.run(
        [str(environment.python), "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a source folder that builds itself without any requirement."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "tinycore.py").write_text("ANSWER = 1\n")
    return folder


@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_a_wheel_is_installed_once(tmp_path: Path, make_wheel, uv: bool) -> None:
    """The same content comes out of the cache; with uv or without."""
    if uv and find_uv() is None:
        pytest.skip("uv is not installed")
    wheel = make_wheel("tinycore", "1.0", {"tinycore.py": "ANSWER = 1\n"})
    told: list[str] = []
    made = [
        prepare_environment(parse_side(str(wheel)), cache=tmp_path / "c", uv=uv, tell=told.append)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(told) == 1
    assert made[0].side.version == "1.0"
    assert made[0].label.startswith("tinycore 1.0 (wheel")
    assert run_inside(made[0], "import tinycore; print(tinycore.ANSWER)") == "1"


def test_other_bytes_are_another_environment(tmp_path: Path, make_wheel) -> None:
    """A wheel of the same name with another content is not taken from the cache."""
    cache = tmp_path / "c"
    keys = []
    for answer in (1, 2):
        wheel = make_wheel("tinycore", "1.0", {"tinycore.py": f"ANSWER = {answer}\n"})
        environment = prepare_environment(parse_side(str(wheel)), cache=cache)
        keys.append(environment.key)
        shown = run_inside(environment, "import tinycore; print(tinycore.ANSWER)")
        assert shown == str(answer)
    assert keys[0] != keys[1]


def test_a_folder_is_built_in_a_copy(tmp_path: Path, project: Path) -> None:
    """Building a source folder leaves nothing behind in it, and a change in it is seen."""
    before = {path: path.read_bytes() for path in project.rglob("*.*")}
    first = prepare_environment(parse_side(str(project)), cache=tmp_path / "c")
    assert first.side.package == "tinycore"
    assert {path: path.read_bytes() for path in project.rglob("*.*")} == before
    assert not (project / "beside-the-sources").exists()
    (project / "tinycore.py").write_text("ANSWER = 2\n")
    second = prepare_environment(parse_side(str(project)), cache=tmp_path / "c")
    assert run_inside(second, "import tinycore; print(tinycore.ANSWER)") == "2"
    assert second.key != first.key


def test_a_git_repository_by_branch(tmp_path: Path, project: Path) -> None:
    """A branch stands for its commit; a new commit is a new environment."""
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
                "GIT_COMMITTER_EMAIL": "a@b"}  # fmt: skip

    def git(*words: str) -> None:
        subprocess.run(
            ["git", *words],  # noqa: S607 - the git of the search path
            cwd=project,
            env=os.environ | identity,
            check=True,
        )

    git("init", "-q", "-b", "main")
    keys = []
    for answer in (1, 2):
        (project / "tinycore.py").write_text(f"ANSWER = {answer}\n")
        git("add", ".")
        git("commit", "-q", "-m", "change")
        side = parse_side(f"git+file://{project}@main")
        environment = prepare_environment(side, cache=tmp_path / "c")
        assert environment.side.package == "tinycore"
        keys.append(environment.key)
        assert run_inside(environment, "import tinycore; print(tinycore.ANSWER)") == str(answer)
    assert keys[0] != keys[1]
    with pytest.raises(UsageError, match="cannot resolve 'absent'"):
        prepare_environment(parse_side(f"git+file://{project}@absent"), cache=tmp_path / "c")
    with pytest.raises(EnvironmentBuildError, match="git cannot read"):
        prepare_environment(parse_side(f"git+file://{project}-gone@main"), cache=tmp_path / "c")


def test_a_failed_build_tells_the_end_of_its_log(tmp_path: Path, project: Path) -> None:
    """What the compiler, or whatever failed, said last is in the error; nothing half-made stays."""
    (project / "backend.py").write_text('raise SystemExit("the compiler is on strike")\n')
    with pytest.raises(EnvironmentBuildError, match="the compiler is on strike") as caught:
        prepare_environment(parse_side(str(project)), cache=tmp_path / "c")
    assert "--with" in str(caught.value)
    assert not [path for path in (tmp_path / "c").iterdir() if path.is_dir()]


def test_a_half_made_environment_is_made_anew(tmp_path: Path, make_wheel) -> None:
    """Without the marker that is written last, a folder of the cache counts for nothing."""
    wheel = make_wheel("tinycore", "1.0", {"tinycore.py": "ANSWER = 1\n"})
    first = prepare_environment(parse_side(str(wheel)), cache=tmp_path / "c")
    folder = tmp_path / "c" / first.key
    (folder / "drizzle-harness.json").unlink()
    told: list[str] = []
    again = prepare_environment(parse_side(str(wheel)), cache=tmp_path / "c", tell=told.append)
    assert again == first
    assert len(told) == 1


def test_further_requirements_and_the_caller_s_environment(
    tmp_path: Path, make_wheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for with it is there; what the caller has is not, and stays as it is."""
    helper = make_wheel("tinyhelper", "1.0", {"tinyhelper.py": ""})
    wheel = make_wheel("tinycore", "1.0", {"tinycore.py": ""})
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    side = parse_side(str(wheel), extras=(f"tinyhelper @ file://{helper}",))
    environment = prepare_environment(side, cache=tmp_path / "c")
    assert environment.side.package == "tinycore"
    assert set(environment.versions) - {"pip", "setuptools"} == {"tinycore", "tinyhelper"}
    found = subprocess.run(
        [sys.executable, "-c", "import tinycore"], capture_output=True, check=False
    )
    assert found.returncode != 0


def test_an_absent_interpreter(tmp_path: Path, make_wheel) -> None:
    """A Python that is not there is a usage error."""
    wheel = make_wheel("tinycore", "1.0", {"tinycore.py": ""})
    with pytest.raises(UsageError, match=r"Python 3\.1 is not installed"):
        prepare_environment(parse_side(str(wheel), python="3.1"), cache=tmp_path / "c")
    with pytest.raises(UsageError, match="no interpreter"):
        prepare_environment(parse_side(str(wheel), python="absent/python"), cache=tmp_path / "c")


@pytest.mark.parametrize(
    ("spec", "needed"),
    [
        ("drizzle==1.13.4", {"numpy<2", "setuptools<81"}),
        ("drizzle==1.15.0", {"numpy<2"}),
        ("drizzle==3.0.0", set()),
        ("drizzle", set()),
    ],
)
def test_old_releases_get_what_they_need(spec: str, needed: set[str]) -> None:
    """Knowledge of old releases is applied to the versions that it is of."""
    recipes = find_recipes(parse_side(spec), "3.11.7")
    assert {one for recipe in recipes for one in recipe.requirements} == needed
    assert all(recipe.reason for recipe in recipes)
