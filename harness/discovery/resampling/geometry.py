"""Where the images of the checks lie on their output, without ties that rounding would decide."""

from __future__ import annotations

import math

import numpy as np

from harness.discovery.resampling.placing import OUTPUT, SHAPE, Placing, place

CONTAINED: dict[str, Placing] = {
    "straight": place((6.373, 7.219), contained=True),
    "fine": place((6.773, 7.019), ratio=0.813, contained=True),
    "finest": place((15.273, 14.719), ratio=0.337, output=(31, 33), contained=True),
    "coarse": place((4.273, 3.819), ratio=1.731, output=(9, 10), contained=True),
    "turned": place((6.911, 6.873), ratio=1.117, turn=33.0, contained=True),
    "turned-back": place((6.711, 7.373), ratio=1.093, turn=-71.0, contained=True),
    "upside-down": place((6.413, 6.973), ratio=1.017, turn=163.0, contained=True),
    "mirrored": place((6.373, 7.219), flip=True, contained=True),
    "mirrored-turned": place((6.673, 7.119), flip=True, turn=21.0, ratio=1.219, contained=True),
    "sheared": place((6.471, 7.193), shear=0.37, contained=True),
    "bent": place((6.571, 6.893), turn=8.0, bend=0.43, contained=True),
}
"""Images that lie on their output as a whole."""
STRAIGHT, FINE, TURNED = (CONTAINED[name] for name in ("straight", "fine", "turned"))

VARYING: dict[str, Placing] = {
    f"varying-{k}": place((6.6, 6.9), bend=1.3, turn=70.0 * k, output=(16, 17)) for k in range(3)
}
"""Images whose pixels differ much in size, for what is estimated at one of them."""

SPREAD: dict[str, Placing] = {
    f"{name}-{k}": place((x, y), bend=6.0, turn=180.0 * k, flip=bool(k), shape=shape, output=output)
    for name, (x, y, shape, output) in {
        "wide": (9.6, 8.3, (5, 23), (17, 27)),
        "tall": (8.3, 9.6, (23, 5), (27, 17)),
    }.items()
    for k in range(2)
}
"""Long images, over an edge of the output, whose pixels differ in size from end to end."""

PARTIAL: dict[str, Placing] = {
    "over-left": place((1.373, 7.219)),
    "over-right": place((11.637, 7.219)),
    "over-bottom": place((6.373, 1.219)),
    "over-top": place((6.373, 13.119)),
    "over-corner": place((12.773, 12.419), ratio=0.913),
    "over-origin": place((0.873, 1.419), ratio=0.913),
    "turned-left": place((0.911, 6.873), turn=33.0),
    "turned-right": place((13.311, 7.273), turn=-24.0),
    "turned-top": place((6.911, 13.873), turn=52.0),
    "turned-bottom": place((7.111, 0.273), turn=-61.0),
    "turned-over-corner": place((13.111, 13.773), turn=17.0, ratio=0.871),
    "half-turned": place((0.711, 13.173), turn=141.0),
    "mirrored-left": place((1.373, 2.219), flip=True, turn=11.0),
    "bent-over": place((12.571, 3.893), turn=8.0, bend=0.43),
    "larger": place((2.373, 1.919), shape=(13, 14), output=(5, 6)),
    "larger-turned": place((2.373, 1.919), turn=37.0, shape=(13, 14), output=(5, 6)),
    "larger-flipped": place((1.973, 2.319), turn=-67.0, flip=True, shape=(14, 13), output=(5, 6)),
    "larger-fine": place((5.373, 4.919), turn=19.0, ratio=0.47, shape=(13, 12), output=(10, 9)),
    "wide": place((3.373, 5.219), shape=(5, 47), output=(11, 12)),
    "wide-left": place((-17.127, 5.219), shape=(5, 47), output=(11, 12)),
    "wide-turned": place((5.873, 5.719), shape=(4, 53), turn=31.0, output=(11, 12)),
    "wide-upright": place((5.873, 7.719), shape=(6, 45), turn=88.0, output=(13, 12)),
    "sliver": place((-3.627, 7.219)),
    "corner-only": place((-2.727, -2.419)),
    "far": place((47.373, 7.219)),
    "far-below": place((6.373, -31.219)),
}
"""Images of which a part, or all, lies beyond the output."""


EDGES: dict[str, Placing] = {
    **{f"top-{k}": place((6.373, 12.53 + 0.012 * k)) for k in range(4)},
    **{f"bottom-{k}": place((6.373, 1.44 + 0.012 * k)) for k in range(4)},
    **{f"left-{k}": place((1.94 + 0.012 * k, 7.219)) for k in range(3)},
    **{f"turned-{k}": place((12.1, 13.1 + 0.17 * k), turn=45.0 - 7 * k) for k in range(4)},
    **{f"tip-{k}": place((6.9 + k, -3.3 - 0.4 * k), turn=40.0 + 9 * k) for k in range(3)},
}
"""Images whose lines end just beyond an edge of the output, or touch it with a corner."""


def _oriented(offsets: tuple[float, ...]) -> dict[str, Placing]:
    """Place images of all eight orientations over each edge of the output.

    The edge then cuts the image so many pixels below the middle of a line. By 0.05, it hangs on the
    corners of what is left whether that line is looked at; by 0.4, a sliver of it is left.
    """
    placings = {}
    for flip in (False, True):
        for turn in (0.0, 90.0, 180.0, 270.0):
            ny, nx = SHAPE if turn in (0.0, 180.0) else SHAPE[::-1]
            half_x, half_y = (nx - 1) / 2, (ny - 1) / 2
            for k, off in enumerate(offsets):
                for name, origin in {
                    "left": (half_x - 3.5 - off, 7.219),
                    "right": (OUTPUT[1] - half_x + 2.5 + off, 7.219),
                    "bottom": (6.373, half_y - 3.5 - off),
                    "top": (6.373, OUTPUT[0] - half_y + 2.5 + off),
                }.items():
                    key = f"{name}-{turn:.0f}{'-flip' if flip else ''}-{k}"
                    placings[key] = place(origin, turn=turn, flip=flip)
    return placings


ORIENTED = _oriented((0.033, 0.046, 0.059))
"""Images of all orientations of which the edge of the output leaves whole lines, or nearly so."""
SLIVERS = _oriented((0.363, 0.397, 0.426))
"""Such images of whose outer line on the output a tenth or less is left."""

BEYOND: dict[str, Placing] = {
    f"{name}-{k}": place((x + step * k * 0.05, y + other * k * 0.05))
    for name, (x, y, step, other) in {
        "left": (-7.513, 7.219, 1, 0),
        "right": (20.513, 7.219, -1, 0),
        "below": (6.373, -6.513, 0, 1),
        "above": (6.373, 21.013, 0, -1),
    }.items()
    for k in range(20)
}
"""Images that lie some pixels beyond the output, in steps of a twentieth of a pixel."""


COARSE: dict[str, Placing] = {
    f"coarse-{k}": place(
        (2.13 + 0.21 * k, 2.37), ratio=6.6, turn=23.0 * k, shape=(17, 19), output=(6, 7)
    )
    for k in range(3)
}
"""Images on an output whose pixels are so large that even lanczos reaches none from some places."""


BENT: dict[str, Placing] = {
    f"bent-{turn:.0f}": place(origin, turn=turn, bend=14.0, shape=(5, 61), output=(15, 16))
    for turn, origin in {
        0.0: (7.3, 11.2), 90.0: (3.2, 7.3), 180.0: (7.3, 3.2), 270.0: (11.2, 7.3)
    }.items()
}  # fmt: skip
"""Long images of which the middle lies on the output, and both ends far beyond one side of it."""


def anywhere(seed: int, count: int) -> dict[str, tuple[Placing, tuple[int | None, ...]]]:
    """Draw placings of all kinds, with the limits (xmin, xmax, ymin, ymax) of a part of the image.

    Parameters
    ----------
    seed : int
        Of the generator: the same places for the same seed.
    count : int
    """
    generator = np.random.default_rng(seed)
    drawn: dict[str, tuple[Placing, tuple[int | None, ...]]] = {}
    for number in range(count):
        ny, nx = (int(one) for one in generator.integers(4, 12, 2))
        shape_y, shape_x = (int(one) for one in generator.integers(6, 17, 2))
        placing = place(
            (float(generator.uniform(-1, shape_x)), float(generator.uniform(-1, shape_y))),
            ratio=float(math.exp(generator.uniform(math.log(0.4), math.log(4.0)))),
            turn=float(generator.uniform(0, 360)),
            flip=bool(generator.integers(2)),
            shear=float(generator.uniform(-0.3, 0.3)),
            bend=float(generator.uniform(0, 0.3)),
            shape=(ny, nx),
            output=(shape_y, shape_x),
        )
        limits: tuple[int | None, ...] = (None,) * 4
        if number % 2:
            x0, y0 = (int(one) for one in generator.integers(0, 2, 2))
            limits = (
                x0,
                nx - 1 - int(generator.integers(2)),
                y0,
                ny - int(generator.integers(1, 3)),
            )
        drawn[str(number)] = placing, limits
    return drawn
