"""Where input pixels fall on the output: grids, pixmaps and regions."""

from harness.geometry.footprint import footprint_polygon
from harness.geometry.grid import make_grid, native_scale
from harness.geometry.pixmap import compute_pixmap, project
from harness.geometry.region import region_mask

__all__ = [
    "compute_pixmap",
    "footprint_polygon",
    "make_grid",
    "native_scale",
    "project",
    "region_mask",
]
