"""Pages that are made of the fixtures and the modules, so that they cannot drift from them."""

import re
from fnmatch import fnmatchcase

OUT = "generated"
_WRITTEN = set()
API = {
    "The data": ["harness.model", "harness.errors"],
    "Cores": [
        "harness.cores.protocol",
        "harness.cores.registry",
        "harness.cores.capability",
        "harness.cores.call",
        "harness.cores.oracle",
        "harness.cores.oracle_sums",
        "harness.cores.oracle_operator",
        "harness.cores.oracle_noise",
    ],
    "Scenes, frames, geometry": [
        "harness.scenes.scene",
        "harness.scenes.expose",
        "harness.scenes.detector",
        "harness.scenes.dither",
        "harness.scenes.psf",
        "harness.scenes.psf_image",
        "harness.scenes.flt",
        "harness.frames.load",
        "harness.frames.locate",
        "harness.frames.manifest",
        "harness.geometry.grid",
        "harness.geometry.footprint",
        "harness.geometry.pixmap",
        "harness.geometry.region",
        "harness.weighting",
    ],
    "Metrics": [
        "harness.metrics.agreement",
        "harness.metrics.allowance",
        "harness.metrics.astrometry",
        "harness.metrics.bounds",
        "harness.metrics.coverage",
        "harness.metrics.integrity",
        "harness.metrics.noise",
        "harness.metrics.photometry",
        "harness.metrics.psf",
        "harness.metrics.repetition",
        "harness.metrics.selection",
        "harness.metrics.stars",
        "harness.metrics.weight",
    ],
    "The gate": [
        "harness.gates.metric",
        "harness.gates.specification",
        "harness.gates.load",
        "harness.gates.subject",
        "harness.gates.evaluate",
        "harness.gates.expected",
        "harness.trials.case",
        "harness.trials.profile",
        "harness.trials.run",
        "harness.trials.curve",
        "harness.records",
    ],
    "Sweep": [
        "harness.sweep.run",
        "harness.sweep.execution",
        "harness.sweep.plan",
        "harness.sweep.checks",
        "harness.sweep.advise",
        "harness.sweep.record",
    ],
    "Discovery": [
        "harness.discovery.property",
        "harness.discovery.registry",
        "harness.discovery.strategies.requests",
        "harness.discovery.strategies.scope",
        "harness.discovery.subject",
        "harness.cores.request",
        "harness.discovery.search",
        "harness.discovery.violation",
        "harness.discovery.finding",
        "harness.discovery.corpus",
        "harness.discovery.replay",
    ],
    "Timing": [
        "harness.timing.clock",
        "harness.timing.comparison",
        "harness.timing.workload",
        "harness.timing.instructions",
        "harness.timing.memory",
        "harness.timing.record",
    ],
    "Upgrade": [
        "harness.upgrade.run",
        "harness.upgrade.side",
        "harness.upgrade.check",
        "harness.upgrade.policy",
        "harness.upgrade.record",
    ],
    "Faults and mutants": [
        "harness.faults.fault",
        "harness.faults.core",
        "harness.faults.expectation",
        "harness.faults.matrix",
        "harness.mutants.mutation",
    ],
}
"""Chapters of the reference, and the modules in them."""
FIXTURES = {
    "gate_core": "The core that is judged, a `harness.cores.protocol.DrizzleCore`: parametrized.",
    "gate_case": "What it drizzles, a `harness.trials.case.Case`: parametrized.",
    "gate_specification": "What is demanded, a `Specification`: parametrized.",
    "gate_trial": "",
    "settle": "",
}
"""Fixtures of the plugin, with what cannot be read from their docstring."""
PLUGIN = (
    "Installing the harness installs a pytest plugin. It does nothing, and imports nothing slow,"
    " unless `--core` is given and tests of the gate are collected: `pytest --pyargs"
    " harness.suite --core NAME` judges a core with them. Verdicts are outcomes of tests: FAIL"
    " fails, EXPECTED_FAIL is an xfail, NOT_APPLICABLE a skip, NOT_MEASURED fails unless"
    " `--partial` is given. The tests carry the marker `gate`. A test of your own that takes"
    " `gate_core` and `gate_case` is parametrized over the same checks."
)
START = (
    "What may be called from Python, by chapter; modules that are not here are inside and may"
    " change without notice. A core of your own needs `harness.cores.protocol` and the names,"
    " shapes and units of `harness.model`; a metric needs `harness.metrics.selection`, a"
    " specification `harness.gates.specification`."
)
SYMBOLS = (
    "In the formulas $p$ is an output pixel with weight $W$, science value $I$, context $C$, data"
    " quality $Q$ and variance $V$; $i$ is an input pixel with value $d$, weight $w$, data quality"
    " $q$ and variance $v$, and $a_{pi}$ the share of its drop on $p$; $n_p$ counts the drops on"
    " $p$. A star marks what the oracle makes of the same exposures, $s$ are stars and $A_s$ their"
    " apertures, $N$ counts pixels."
)


def write_pages(docs):
    """Write the pages of metrics and reference, and the help of commands and plugin."""
    folder = docs / OUT
    for part in ("metrics", "api"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    _write_metrics(folder / "metrics")
    _write_api(folder / "api")
    _write(folder / "commands.md", _command_page())
    _write(folder / "pytest.md", _pytest_page())
    for page in set(folder.rglob("*.md")) - _WRITTEN:
        page.unlink()  # of a chapter or a metric that is no more


def unlink_repository(app, docname, source):
    """Turn links to files of the repository, which the site does not hold, into their names."""
    if not docname.startswith(OUT):
        source[0] = re.sub(r"\[([^\]]*)\]\(\.\./([^)]+)\)", r"\1 (`\2`)", source[0])


def keep_colon(app, what, name, obj, options, lines):
    """Keep napoleon from taking what stands before a colon for the type of a constant."""
    if what in ("data", "attribute", "property") and lines:
        lines[0] = f": {lines[0]}"


def draw_block(translator, node):
    """Draw a formula of its own line as MathML."""
    _draw(translator, node, as_block=True)


def draw_inline(translator, node):
    """Draw a formula within a sentence as MathML."""
    _draw(translator, node, as_block=False)


def _draw(translator, node, *, as_block):
    from docutils import nodes
    from docutils.utils.math.latex2mathml import tex2mathml

    translator.body.append(tex2mathml(node.astext(), as_block=as_block))
    raise nodes.SkipNode


def _write_metrics(folder):
    from harness.gates.load import load_specifications
    from harness.gates.metric import load_metrics

    metrics, specifications = load_metrics(), load_specifications()
    families = {}
    for metric in metrics.values():
        families.setdefault(metric.name.split(".")[0], []).append(metric)
        judging = [one for one in specifications if one.metric == metric.name]
        _write(folder / f"{metric.name}.md", _metric_page(metric, judging))
    lines = [
        "# Metrics",
        "",
        "Each number with its formula, its source, the limits that judge it, and the seeded faults",
        "that must turn it red. `drizzle-harness specifications` prints the limits.",
        "",
        SYMBOLS,
    ]
    for family, members in families.items():
        lines += ["", f"## {family}", "", "| metric | unit | definition |", "| --- | --- | --- |"]
        for metric in members:
            link = f"[{metric.name.partition('.')[2]}]({metric.name}.md)"
            lines.append(f"| {link} | {metric.unit} | {_cell(metric.definition)} |")
    names = [metric.name for members in families.values() for metric in members]
    lines += ["", "```{toctree}", ":hidden:", "", *names, "```"]
    _write(folder / "index.md", lines)


def _metric_page(metric, judging):
    from harness.gates.wording import describe_limit

    lines = [f"# {metric.name}", "", metric.definition, ""]
    lines += ["$$", metric.formula, "$$", "", "The symbols are those of [all metrics](index.md)."]
    lines += ["", f"- Unit: {metric.unit or 'none'}", f"- Region in the gate: {metric.region}"]
    lines += [f"- Source: {metric.reference}", f"- Version of the definition: {metric.version}"]
    lines += ["", "## Judged by", ""]
    if not judging:
        lines.append("No specification: the number is told and not judged.")
    for one in judging:
        lines += [f"### {one.name}", "", f"- Level: {one.level}"]
        lines += [f"- Allowed: {describe_limit(one.limit)} ({one.tolerance})"]
        lines += [
            f"- Why: {one.reason}",
            f"- It guards against: {one.meaning}",
            f"- To do: {one.remedy}",
            f"- Shown red by: {_faults_of(one)}",
            "",
        ]
    return lines


def _faults_of(specification):
    """Name the seeded faults whose own check a specification is, with what they do."""
    from harness.faults.core import FAULTS
    from harness.faults.expectation import load_expectations

    if specification.limit.advisory:
        return "nothing, for it never fails"
    own = [
        f"`{fault.name}` ({FAULTS[fault.name].statement.rstrip('.')})"
        for fault in load_expectations().fault
        if any(fnmatchcase(specification.name, pattern) for pattern in fault.own)
    ]
    link = "[the matrix](../../fault-matrix.md)"
    return f"{'; '.join(own)}; see {link}" if own else f"faults of others; see {link}"


def _write_api(folder):
    lines = ["# API", "", START, ""]
    names = []
    for title, modules in API.items():
        name = re.sub(r"\W+", "-", title.lower()).strip("-")
        names.append(name)
        page = [f"# {title}", ""]
        for module in modules:
            page += [f"## {module}", "", "```{eval-rst}", f".. automodule:: {module}", "```", ""]
        _write(folder / f"{name}.md", page)
    lines += ["```{toctree}", ":maxdepth: 2", "", *names, "```"]
    _write(folder / "index.md", lines)


def _command_page():
    import click

    from harness.cli import main

    context = click.Context(main, info_name="drizzle-harness")
    lines = ["# Commands", "", "The help of each command, as `--help` prints it."]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        with click.Context(command, info_name=f"drizzle-harness {name}") as inner:
            told = command.get_help(inner)
        lines += ["", f"## {name}", "", "```text", told, "```"]
    return lines


def _pytest_page():
    import subprocess
    import sys

    from harness import plugin

    asked = [sys.executable, "-m", "pytest", "--help"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    group = re.search(r"^quality and performance gate.*?(?=^\S)", told, re.DOTALL | re.MULTILINE)
    options = group.group().split("\n", 1)[1].rstrip()
    lines = ["# Pytest", "", PLUGIN, "", "## Options", "", "```text", options, "```", ""]
    lines += ["## Fixtures", ""]
    for name in FIXTURES:
        lines.append(f"- `{name}`: {_fixture(plugin, name)}")
    return lines


def _fixture(plugin, name):
    """Return the first line of what a fixture says of itself; parametrized ones are told here."""
    known = getattr(plugin, name, None)
    return FIXTURES[name] or known.__doc__.splitlines()[0]


def _cell(text):
    return text.replace("|", r"\|")


def _write(path, lines):
    _WRITTEN.add(path)
    text = "\n".join(lines) + "\n"
    # Only what has changed is written, so that Sphinx need not read the rest again.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
