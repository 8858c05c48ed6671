"""Sphinx: the documentation from these pages, from docstrings, and from the fixtures."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pages

from harness import __version__

project = "drizzle-harness"
author = "The drizzle-harness developers"
copyright = "the drizzle-harness developers"  # noqa: A001 - Sphinx's name
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
# Browsers draw MathML by themselves: no script is fetched from elsewhere.
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["formulas.css"]
html_title = "drizzle-harness"

# Docstrings are numpydoc; a name in single backticks is code.
default_role = "code"
napoleon_google_docstring = False
# As napoleon has them, the first of several attributes with one description becomes a type.
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False
napoleon_preprocess_types = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True}
exclude_patterns = ["_build"]


def setup(app):
    """Draw formulas, and write the pages that come from the code before the others are read."""
    block, inline = (pages.draw_block, None), (pages.draw_inline, None)
    app.add_html_math_renderer("mathml", inline, block)
    app.connect("builder-inited", lambda _: pages.write_pages(Path(app.srcdir)))
    app.connect("source-read", pages.unlink_repository)
    app.connect("autodoc-process-docstring", pages.keep_colon, priority=400)  # before napoleon
