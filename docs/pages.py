"""Pages that are made of the fixtures and the modules, so that they cannot drift from them."""

import re

OUT = "generated"
API = {
    "The data": ["harness.model", "harness.errors"],
    "Cores": [
        "harness.cores.protocol",
        "harness.cores.registry",
        "harness.cores.capability",
        "harness.cores.call",
        "harness.cores.oracle",
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
        "harness.frames.load",
        "harness.frames.manifest",
        "harness.geometry.grid",
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
        "harness.metrics.stars",
        "harness.metrics.weight",
    ],
    "The gate": [
        "harness.gates.metric",
        "harness.gates.specification",
        "harness.gates.load",
        "harness.gates.evaluate",
        "harness.gates.expected",
        "harness.trials.case",
        "harness.trials.profile",
        "harness.trials.run",
        "harness.records",
    ],
    "The jobs": [
        "harness.sweep.run",
        "harness.sweep.execution",
        "harness.sweep.plan",
        "harness.sweep.record",
        "harness.discovery.property",
        "harness.discovery.strategies.requests",
        "harness.discovery.search",
        "harness.timing.clock",
        "harness.timing.comparison",
        "harness.faults.fault",
        "harness.faults.core",
        "harness.faults.matrix",
        "harness.mutants.mutation",
    ],
}
"""Chapters of the reference, and the modules in them."""


def write_pages(docs):
    """Write a page for each metric, their index, the reference and the help of the commands."""
    folder = docs / OUT
    for part in ("metrics", "api"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    _write_metrics(folder / "metrics")
    _write_api(folder / "api")
    _write(folder / "commands.md", _command_page())


def unlink_repository(app, docname, source):
    """Turn links to files of the repository, which the site does not hold, into their names."""
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
    lines = [
        "# Metrics",
        "",
        "Each number with its formula, its source and the limits that judge it.",
    ]
    lines += ["", "| metric | unit | definition |", "| --- | --- | --- |"]
    for metric in metrics.values():
        link = f"[{metric.name}]({metric.name}.md)"
        lines.append(f"| {link} | {metric.unit} | {_cell(metric.definition)} |")
        judging = [one for one in specifications if one.metric == metric.name]
        _write(folder / f"{metric.name}.md", _metric_page(metric, judging))
    lines += ["", "```{toctree}", ":hidden:", "", *metrics, "```"]
    _write(folder / "index.md", lines)


def _metric_page(metric, judging):
    from harness.gates.wording import describe_limit

    lines = [f"# {metric.name}", "", metric.definition, ""]
    lines += ["$$", metric.formula, "$$", ""]
    lines += [f"- Unit: {metric.unit or 'none'}", f"- Source: {metric.reference}"]
    lines += [f"- Version of the definition: {metric.version}", "", "## Judged by", ""]
    if not judging:
        lines.append("No specification: the number is told and not judged.")
    for one in judging:
        lines += [f"### {one.name}", "", f"- Level: {one.level}"]
        lines += [f"- Allowed: {describe_limit(one.limit)} ({one.tolerance})"]
        lines += [
            f"- Why: {one.reason}",
            f"- It means: {one.meaning}",
            f"- To do: {one.remedy}",
            "",
        ]
    return lines


def _write_api(folder):
    lines = ["# Reference", ""]
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


def _cell(text):
    return text.replace("|", r"\|")


def _write(path, lines):
    text = "\n".join(lines) + "\n"
    # Only what has changed is written, so that Sphinx need not read the rest again.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
