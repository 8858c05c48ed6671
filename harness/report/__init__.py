"""Pages and figures, made from records alone.

The house: `house` (colours and the style of figures), `drawing` (a figure as inline SVG and as
PNG), `raster` (an image as PNG), `parts` (cards, tables, pictures), `page` (one self-contained
HTML file from a template). Each job's page has a package of its own beside them.
"""
