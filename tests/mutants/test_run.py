"""Whole runs on a core of our own: built, mutated, killed, kept."""

import functools
import re
from pathlib import Path

import pytest

from harness.errors import CoreError, SpecificationError, UsageError
from harness.mutants.command import Chain, Command
from harness.mutants.compile import Workshop
from harness.mutants.equivalents import entry_text
from harness.mutants.journal import NAME
from harness.mutants.mutation import list_mutations
from harness.mutants.own import own_command
from harness.mutants.package import MutantPackage
from harness.mutants.plan import Plan
from harness.mutants.report import check_judgements
from harness.mutants.run import run_mutants
from harness.mutants.table import describe
from harness.mutants.warm import Warm

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _suite_path(monkeypatch):
    """Let the server find the suite of the tests."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))


def warm(build, folder, plain, *, digest="tiny", limit=2.0):
    """Make the warm suite of the tests."""
    return Warm(build, "tiny_suite:Suite", [digest], folder=folder, plain=plain, limit=limit)


def plan_for(spec=str(HERE / "tinycore"), **fields):
    """Return a plan for all mutations of the small core's tiny.c."""
    return Plan(spec=spec, **{"count": 1000, "files": ("tiny.[ch]",), **fields})


@pytest.fixture(scope="module")
def report(tinycore):
    """Run every mutation of the small core once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        return run_mutants(plan_for(), tinycore.package.parent, warm, tell=lambda line: None)


def fate_of(report, function, change):
    """Return the fate of the mutation of a function that ends with a change."""
    found = [one.fate for one in report.mutants
             if one.mutation.function == function and one.mutation.id.endswith(change)]  # fmt: skip
    assert len(found) == 1, [one.mutation.id for one in report.mutants]
    return found[0]


def test_build(tinycore):
    """Units and extension are read from the calls of the compiler."""
    assert tinycore.extension == "tinycore._tiny"
    assert [unit.source for unit in tinycore.units] == ["src/tiny.c", "src/module.c"]
    assert "-g" not in tinycore.units[0].arguments


@pytest.mark.parametrize(
    ("function", "change", "state"),
    [
        ("total", ":-- -> ++", "timed out"),
        ("total", "sum += i; -> ;", "killed"),
        ("first", "where = values; -> ;", "crashed"),
        ("first", ":0 -> 1", "crashed"),
        ("same", ":+ -> -", "unchanged"),
        ("limited", ":< -> >", "killed"),
        ("smaller", ":< -> >", "killed"),
        ("smaller", ":< -> <=", "unchanged"),
        ("limited", ":< -> <=", "survived"),
    ],
)
def test_fates(report, function, change, state):
    """Loops without end, null pointers, wrong values, and what nothing can see."""
    assert fate_of(report, function, change).state == state


def test_killers(report):
    """The check that killed is named, a known defect kills by other figures only."""
    assert fate_of(report, "total", "sum += i; -> ;").by == "total"
    seen = fate_of(report, "smaller", ":< -> >")
    assert seen.by == "known"
    assert "another way" in seen.message


def test_dead_code(report):
    """What Python cannot reach is not mutated."""
    assert not [one for one in report.mutants if one.mutation.function == "never"]


def test_description(report):
    """The table counts by function, and each survivor is shown in its source."""
    text = describe(report)
    assert "src/tiny.c" in text
    assert "-     if (value < low) {" in text
    assert "+     if (value <= low) {" in text
    assert f"{report.score:.1%}" in text


def test_resume(report, tinycore):
    """What the journal has is not run again; another suite starts anew."""
    out = tinycore.package.parent
    told = []
    again = run_mutants(plan_for(), out, warm, tell=told.append)
    assert [one.fate for one in again.mutants] == [one.fate for one in report.mutants]
    assert not [line for line in told if line.startswith("[")]
    count = len((out / NAME).read_text().splitlines())
    one = plan_for(functions=("smaller",))
    run_mutants(one, out, functools.partial(warm, digest="other"), tell=told.append)
    assert len((out / NAME).read_text().splitlines()) > count


def test_interrupted(tiny_out):
    """A run that is broken off keeps what it has done."""
    done = []

    def stop(line):
        if line.startswith("["):
            done.append(line)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_mutants(plan_for(functions=("limited",)), tiny_out, warm, tell=stop)
    told = []
    run_mutants(plan_for(functions=("limited",)), tiny_out, warm, tell=told.append)
    later = [line.partition("limited  ")[2] for line in told if line.startswith("[")]
    assert later
    assert not {line.partition("limited  ")[2] for line in done} & set(later)


def test_jobs(tiny_out, report):
    """Two jobs come to the same fates."""
    plan = plan_for(functions=("limited", "smaller"), jobs=2)
    both = run_mutants(plan, tiny_out, warm, tell=lambda line: None)
    states = {one.mutation.id: one.fate.state for one in report.mutants}
    assert {one.mutation.id: one.fate.state for one in both.mutants} == {
        key: states[key] for key in {one.mutation.id for one in both.mutants}
    }


def test_equivalents(tiny_out, report, tmp_path):
    """A survivor judged equivalent leaves the score; one that is killed is an error."""
    survivor = next(one for one in report.survivors if one.mutation.function == "limited")
    dead = next(one for one in report.mutants if one.fate.state == "killed")
    path = tmp_path / "equivalents.toml"
    head = f"core = 'tinycore'\nsha256 = '{report.sources.sha256}'\n"
    path.write_text(head + entry_text(survivor.mutation).replace('""', '"equal values"'))
    plan = plan_for(functions=("limited",), equivalents=path)
    judged = run_mutants(plan, tiny_out, warm, tell=lambda line: None)
    assert survivor.mutation.id not in [one.mutation.id for one in judged.survivors]
    assert "equal values" in describe(judged)
    check_judgements(judged)
    path.write_text(head + entry_text(dead.mutation).replace('""', '"equal values"'))
    plan = plan_for(functions=(dead.mutation.function,), equivalents=path)
    refuted = run_mutants(plan, tiny_out, warm, tell=lambda line: None)
    # All that was found is there to be told before the judgement is refused.
    assert dead.mutation.id in [one.mutation.id for one in refuted.tried]
    with pytest.raises(SpecificationError, match=re.escape(dead.mutation.id)) as caught:
        check_judgements(refuted)
    assert str(path) in str(caught.value)


def test_nothing_to_mutate(tiny_out):
    """A pattern that matches nothing is told."""
    with pytest.raises(UsageError, match="no mutation"):
        run_mutants(plan_for(functions=("nothing",)), tiny_out, warm, tell=lambda line: None)


def test_header(tinycore, tmp_path):
    """A mutation in a header compiles every source that reads it."""
    workshop = Workshop(tinycore, tmp_path)
    assert "src/tiny.h" in workshop.mutable()
    mutations = list_mutations("src/tiny.h", workshop.read("src/tiny.h"))
    change = next(one for one in mutations if one.replacement == ">")
    assert workshop.compile(change, tmp_path / "m.so").path is not None
    # The tree is as it was.
    assert workshop.compile(change, tmp_path / "n.so").refusal == ""


def test_command(tinycore, tmp_path):
    """A command kills by its exit code, and must pass on the core itself."""
    workshop = Workshop(tinycore, tmp_path / "shop")
    plain = workshop.link_plain(tmp_path / "plain.so")
    python = str(tinycore.environment)
    test = [python, "-c", "import tinycore; assert tinycore.total(4) == 10"]
    runner = Command(tinycore, test, folder=tmp_path, plain=plain)
    mutations = list_mutations("src/tiny.c", workshop.read("src/tiny.c"))
    change = next(one for one in mutations if one.original == "sum += i;")
    compiled = workshop.compile(change, tmp_path / "m.so")
    outcome = runner.run(compiled.path)
    assert outcome.state == "killed"
    assert "AssertionError" in outcome.message
    assert runner.run(plain).state == "survived"
    chain = Chain(runner, runner)
    assert chain.run(compiled.path).state == "killed"
    assert chain.run(plain).state == "survived"
    chain.close()
    with pytest.raises(CoreError, match="fails on the core itself"):
        Command(tinycore, [python, "-c", "import nothing_of_that_name"], folder=tmp_path,
                plain=plain)  # fmt: skip


def test_command_time(tinycore, tmp_path):
    """A command that does not end is ended."""
    plain = Workshop(tinycore, tmp_path / "shop").link_plain(tmp_path / "plain.so")
    script = tmp_path / "wait.py"
    script.write_text("")
    runner = Command(tinycore, [str(tinycore.environment), str(script)], folder=tmp_path,
                     plain=plain, limit=2.0)  # fmt: skip
    script.write_text("import time; time.sleep(60)")
    assert runner.run(plain).state == "timed out"


def test_wrong_core(tinycore, tmp_path, monkeypatch):
    """A suite that does not import the package is told, not run."""
    plain = Workshop(tinycore, tmp_path / "shop").link_plain(tmp_path / "plain.so")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "blind_suite.py").write_text(
        "from tiny_suite import Suite as Tiny\n"
        "class Suite(Tiny):\n"
        "    def open(self): pass\n"
        "    def check(self, name): return None\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'other'}:{HERE}")
    with pytest.raises(CoreError, match="did not import"):
        Warm(tinycore, "blind_suite:Suite", [], folder=tmp_path, plain=plain)


def test_fickle_suite(tinycore, tmp_path, monkeypatch):
    """A suite that changes its mind on the core itself is told by the name of the check."""
    plain = Workshop(tinycore, tmp_path / "shop").link_plain(tmp_path / "plain.so")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "fickle_suite.py").write_text(
        "import os\n"
        "from tiny_suite import Suite as Tiny\n"
        "from harness.mutants.suite import Finding\n"
        "class Suite(Tiny):\n"
        "    def check(self, name):\n"
        "        mark = os.environ['TINY_MARK']\n"
        "        if name == 'same' and not os.path.exists(mark):\n"
        "            open(mark, 'w').close()\n"
        "            return Finding(message='once')\n"
        "        return super().check(name)\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'other'}:{HERE}")
    monkeypatch.setenv("TINY_MARK", str(tmp_path / "mark"))
    with pytest.raises(CoreError, match="same"):
        Warm(tinycore, "fickle_suite:Suite", [], folder=tmp_path, plain=plain)


def test_own_tests_need_pytest(tinycore, tmp_path, monkeypatch):
    """Where the tests of a package cannot be run, the failure of the installation is told."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    MutantPackage(tinycore, tmp_path)
    with pytest.raises(CoreError, match="installing pytest"):
        own_command(tinycore, tmp_path)
