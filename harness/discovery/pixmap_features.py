"""What is remarkable about a pixmap: positions, overlap with the output, shape of the cells."""

from __future__ import annotations

import numpy as np

from harness.discovery.array_features import AnyArray

FAR = 1e6
"""Output pixels beyond which a position is far from any image."""
TIE = 1e-9
"""Output pixels from an edge between two pixels within which a position lies on it."""
ALIKE = 1e-6
"""Output pixels, or part of a length, below which sides of cells are alike: float32 pixmaps round
positions of some ten pixels by as much."""
TURNED = 1e-9
"""Output pixels by which the first side of a cell may leave its axis: far above the roundoff of
float64, far below any turn that moves weight."""


def of_pixmap(pixmap: AnyArray, output: tuple[int, ...] | None) -> set[str]:
    """Return the features of a pixmap, and of how it falls on an output of some shape.

    Parameters
    ----------
    pixmap : ndarray of any shape
        Meant to be (ny, nx, 2).
    output : tuple of int or None
        (ny, nx).
    """
    if pixmap.ndim != 3 or pixmap.shape[2] != 2:
        return {"pixmap:planes"}
    if not pixmap.size:
        return {"pixmap:empty"}
    positions = pixmap.astype(np.float64)
    found = set()
    if np.isnan(positions).any():
        found.add("pixmap:nan")
    if np.isinf(positions).any():
        found.add("pixmap:inf")
    good = np.isfinite(positions).all(axis=2)
    if not good.any():
        return found | {"overlap:none"}
    if np.abs(positions[good]).max() > FAR:
        found.add("pixmap:far")
    # Modulo one, for the phase of a position a million pixels off is not worth the question.
    phase = np.mod(positions[good] - 0.5, 1.0)
    if ((phase < TIE) | (phase > 1 - TIE)).any():
        found.add("pixmap:tie")
    ny, nx = positions.shape[:2]
    if output is not None and len(output) == 2:
        found |= _overlap(positions[good], output)
        if ny * nx > output[0] * output[1]:
            found.add("image:larger")
    if good.all() and ny > 1 and nx > 1:
        with np.errstate(all="ignore"):
            found |= _of_cells(positions)
    return found


def _overlap(positions: AnyArray, output: tuple[int, ...]) -> set[str]:
    size = np.array([output[1], output[0]])
    inside = ((positions > -0.5) & (positions < size - 0.5)).all(axis=1)
    if not inside.any():
        return {"overlap:none"}
    return set() if inside.all() else {"overlap:partial"}


def _of_cells(positions: AnyArray) -> set[str]:
    """Return the features of the Jacobian: determinants, lengths and angle of a pixel's sides."""
    along = positions[:-1, 1:] - positions[:-1, :-1]
    across = positions[1:, :-1] - positions[:-1, :-1]
    area = along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0]
    if not np.isfinite(area).all():
        return {"pixmap:far"}
    found = set()
    if (area == 0).any():
        return {"geometry:degenerate"}
    if area.min() < 0 < area.max():
        return {"geometry:folded"}
    if area.max() < 0:
        found.add("geometry:flipped")
    mean = np.sqrt(np.abs(area).mean())
    if abs(mean - 1) > ALIKE:
        found.add("geometry:enlarged" if mean > 1 else "geometry:reduced")
    if np.abs(np.diff(along, axis=0)).max(initial=0) > ALIKE or (
        np.abs(np.diff(along, axis=1)).max(initial=0) > ALIKE
    ):
        found.add("geometry:curved")
    step, other = along[0, 0], across[0, 0]
    lengths = np.hypot(*step), np.hypot(*other)
    if abs(step @ other) > ALIKE * lengths[0] * lengths[1]:
        found.add("geometry:sheared")
    elif abs(lengths[0] - lengths[1]) > ALIKE * lengths[0]:
        found.add("geometry:anisotropic")
    if abs(step[1]) > TURNED:
        found.add("geometry:rotated")
    return found
