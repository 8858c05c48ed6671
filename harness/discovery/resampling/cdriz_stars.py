"""Checks of `cdriz.arrxyround`, by which tweakreg finds the centres of stars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.discovery.resampling.cdriz_arrays import array_call, refused_arrays, value_check
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.resampling.marginal_fit import fit_marginals

SIDE = 7
"""Of the kernel; odd, and half of it beyond each side of its middle pixel."""


def cdriz_star_checks() -> Iterator[Check]:
    """Yield them all."""
    yield value_check("marginals", "arrxyround", _stars(), fit_marginals)
    yield value_check("marginals-uneven", "arrxyround", _uneven(), fit_marginals)
    yield value_check("roundness", "arrxyround", _round_stars(), _true_star, close=_star_is_close)
    leaks = {
        name: array_call("arrxyround", *_stars()[name])
        for name in ("plain", "saturated", "faint", "flat-x", "flat-y", "hole", "thin")
    }
    yield leak_check("cdriz-arrays/star-leaks", leaks)
    yield from refused_arrays("arrxyround", _stars()["plain"])


def _uneven() -> dict[str, tuple[Any, ...]]:
    """Return calls with kernels that are not symmetric, of few points, and exact ones."""
    plain = _star(12.3, 11.8)
    noisy = (plain + np.random.default_rng(3).normal(0, 20, plain.shape)).astype(np.float32)
    # Small variances: what is found is then less than half of the kernel, and not looked for anew.
    narrow = {"xsigsq": 0.15, "ysigsq": 0.13}
    calls = {}
    for k, shift in enumerate([(0.2, 0.0), (0.0, -0.3), (-0.15, 0.25), (0.3, 0.2)]):
        kernel = _kernel(shift=shift)
        for sky in (20.0, 45.0):
            calls[f"shifted-{k}-{sky}"] = _round(
                noisy, 12.0, 12.0, sky=sky, kernel=kernel, **narrow
            )
            # A star of about 1, for which what is subtracted of the kernel itself matters.
            calls[f"faint-{k}-{sky}"] = _round(
                noisy / np.float32(400), 12.0, 12.0, sky=sky / 400, kernel=kernel, **narrow
            )
        calls[f"shifted-{k}-wide"] = _round(noisy, 12.0, 12.0, kernel=kernel)
    for shape in ((3, 7), (7, 3), (3, 3), (5, 3), (3, 5)):
        calls[f"few-{shape}"] = _round(
            noisy, 12.0, 12.0, kernel=_kernel(shape, shift=(0.1, 0.2)), xsigsq=0.002, ysigsq=0.003
        )
    for shape in ((2, 7), (7, 2), (2, 3), (3, 2)):
        # With two points there is no fit, though their heights differ.
        calls[f"two-{shape}"] = _round(noisy, 12.0, 12.0, kernel=_kernel(shape, shift=(0.3, 0.4)))
    return calls | _exact_offsets()


def _exact_offsets() -> dict[str, tuple[Any, ...]]:
    """Return calls whose sums are small whole numbers: offsets of just half the kernel, and zero.

    The kernel is the outer product of (1, 2, 1) with itself, the star that of (1, 2, 1) and
    (0, 5, 2). Its height is then 4, and its offset a quarter of the variance: with 4 it is 1, which
    is half of the kernel and still allowed, with 8 the first moment is taken in its place.
    """
    kernel = np.outer([1.0, 2.0, 1.0], [1.0, 2.0, 1.0])
    calls = {}
    for name, offset in {"half": 1.0, "beyond": 2.0, "half-back": -1.0}.items():
        row = np.array([0.0, 5.0, 2.0])[:: 1 if offset > 0 else -1]
        image = np.zeros((9, 9), dtype=np.float32)
        image[3:6, 3:6] = np.outer([1.0, 2.0, 1.0], row)
        widths = {"xsigsq": 4.0 * abs(offset), "ysigsq": 1.0}
        calls[f"exact-{name}"] = _round(image, 4.0, 4.0, sky=0.0, kernel=kernel, **widths)
        turned = {"xsigsq": 1.0, "ysigsq": 4.0 * abs(offset)}
        calls[f"exact-{name}-turned"] = _round(
            image.T.copy(), 4.0, 4.0, sky=0.0, kernel=kernel, **turned
        )
    return calls


def _star(
    x: float, y: float, *, wide: float = 1.6, high: float = 1.6, shape: tuple[int, int] = (25, 27)
) -> Any:
    """Return the image of a Gaussian star of 500 on a sky of 20; sigmas in pixels."""
    py, px = np.indices(shape, dtype=np.float64)
    star = np.exp(-(((px - x) / wide) ** 2) / 2 - ((py - y) / high) ** 2 / 2)
    return (500 * star + 20).astype(np.float32)


def _kernel(shape: tuple[int, int] = (SIDE, SIDE), shift: tuple[float, float] = (0.0, 0.0)) -> Any:
    """Return a Gaussian less its mean, its middle moved by (x, y) pixels."""
    y, x = np.indices(shape, dtype=np.float64)
    y, x = y - (shape[0] - 1) / 2 - shift[1], x - (shape[1] - 1) / 2 - shift[0]
    kernel = np.exp(-(x**2 + y**2) / (2 * 1.6**2))
    return kernel - kernel.mean()


def _round(image: Any, x: float, y: float, **changes: Any) -> tuple[Any, ...]:
    arguments: dict[str, Any] = {
        "x": x, "y": y, "sky": 20.0, "kernel": _kernel(), "xsigsq": 1.6**2, "ysigsq": 1.5**2,
        "low": -1e3, "high": 1e6,
    } | changes  # fmt: skip
    return (image, *arguments.values())


def _stars() -> dict[str, tuple[Any, ...]]:
    plain = _star(12.3, 11.8)
    noisy = (plain + np.random.default_rng(2).normal(0, 30, plain.shape)).astype(np.float32)
    saturated = plain.copy()
    saturated[12, 13] = 1e7
    hole = plain.copy()
    hole[9, 10] = -1e4
    uneven = _kernel((7, 9))
    across = np.zeros((25, 27), dtype=np.float32) + np.arange(27, dtype=np.float32) % 2
    return {
        "plain": _round(plain, 12.3, 11.8),
        "noisy": _round(noisy, 12.0, 12.0),
        "noisy-off": _round(noisy, 13.0, 11.0),
        "far-off": _round(noisy, 15.0, 9.0),
        "farther-off": _round(noisy, 9.0, 15.0),
        "beside": _round(noisy, 17.0, 17.0),
        "sky": _round(plain, 12.0, 12.0, sky=35.0),
        "high-sky": _round(plain, 12.0, 12.0, sky=80.0),
        "uneven": _round(noisy, 12.0, 12.0, kernel=uneven),
        "uneven-turned": _round(noisy, 12.0, 12.0, kernel=uneven.T.copy()),
        "even": _round(noisy, 12.0, 12.0, kernel=_kernel((6, 8))),
        "sheared-kernel": _round(noisy, 12.0, 12.0, kernel=_kernel() + _skew()),
        "narrow": _round(noisy, 12.0, 12.0, xsigsq=0.01, ysigsq=0.01),
        "vast": _round(noisy, 13.0, 11.0, xsigsq=400.0, ysigsq=1.0),
        "vast-y": _round(noisy, 13.0, 11.0, xsigsq=1.0, ysigsq=400.0),
        "vast-both": _round(noisy, 14.0, 10.0, xsigsq=900.0, ysigsq=900.0),
        "saturated": _round(saturated, 12.0, 12.0),
        "hole": _round(hole, 12.0, 12.0),
        "faint": _round(-plain, 12.0, 12.0),
        "flat-x": _round(plain, 12.0, 12.0, kernel=np.ones((SIDE, SIDE))),
        "flat-y": _round(plain, 12.0, 12.0, kernel=np.ones((SIDE, 1)) * _kernel()[:1] * 0 + 1),
        "valley": _round(2 * plain[:, ::-1] * 0 + across, 12.0, 12.0),
        "thin": _round(plain, 12.0, 12.0, kernel=_kernel((7, 2))),
        "thin-y": _round(plain, 12.0, 12.0, kernel=_kernel((2, 7))),
        **{
            f"balanced-{k}": _round(noisy, 13.0, 11.0, sky=sky, xsigsq=900.0, ysigsq=900.0)
            for k, sky in enumerate(BALANCED)
        },
        "exact": _exact(noisy, xsigsq=900.0),
        "exact-y": _exact(noisy, ysigsq=900.0),
        "limits": _round(plain, 12.0, 12.0, low=float(plain.min()), high=float(plain.max())),
        # The faintest pixel of those that are looked at is still good.
        "limits-low": _round(plain, 12.0, 12.0, low=float(plain[9:16, 9:16].min())),
    }


def _exact(image: Any, **widths: float) -> tuple[Any, ...]:
    """Return a call in which the star, less the sky, sums to zero without any rounding."""
    whole = np.rint(image).astype(np.float32)
    weight = np.array([1, 2, 3, 4, 3, 2, 1], dtype=np.float64)
    part = whole[8:15, 10:17].astype(np.float64)
    # The weights sum to 16, so this quotient is exact.
    return _round(whole, 13.0, 11.0, sky=float(weight @ part @ weight / 256), **widths)


BALANCED = (150.0, 160.0, 170.0, 175.0, 180.0, 190.0, 200.0, 203.0, 206.0, 209.0, 212.0, 220.0)
"""Skies about as high as the mean of the star, so that the first moment is far off its middle."""


def _skew() -> Any:
    y, x = np.indices((SIDE, SIDE), dtype=np.float64)
    return 0.03 * x + 0.011 * y * y


def _round_stars() -> dict[str, tuple[Any, ...]]:
    made = {}
    for name, (x, y, wide, high) in TRUE_STARS.items():
        given = _round(_star(x, y, wide=wide, high=high), round(x), round(y),
                       kernel=_kernel(), ysigsq=1.6**2)  # fmt: skip
        made[name] = given
    return made


TRUE_STARS = {
    "centred": (12.0, 12.0, 1.6, 1.6),
    "right": (12.35, 12.0, 1.6, 1.6),
    "up": (12.0, 12.35, 1.6, 1.6),
    "left-down": (11.7, 11.6, 1.6, 1.6),
    "wide": (12.0, 12.0, 2.0, 1.4),
    "high": (12.0, 12.0, 1.4, 2.0),
}
"""x, y, sigma in x and y."""


def _true_star(image: Any, x: float, y: float, *others: Any) -> tuple[int, int, int]:
    """Return the signs of the offset in x and y, and of the roundness: positive where x is narrow.

    The signs alone: the kernel's mean is taken off before, so the fit finds half of an offset.
    """
    profile = image.astype(np.float64) - 20
    py, px = np.indices(image.shape)
    total = profile.sum()
    mean_x, mean_y = (profile * px).sum() / total, (profile * py).sum() / total
    width = (profile * (px - mean_x) ** 2).sum() - (profile * (py - mean_y) ** 2).sum()
    sign = 0 if abs(width) < 0.1 * total else int(-np.sign(width))
    return _sign(float(mean_x) - x), _sign(float(mean_y) - y), sign


def _sign(offset: float) -> int:
    return 0 if abs(offset) < POSITION else int(np.sign(offset))


POSITION = 0.03
"""Pixels, by which neighbours and rounding may move a centre."""
ROUND = 0.1
"""Roundness of a round star, by which sub-pixel offsets may change it."""


def _star_is_close(got: Any, wanted: Any) -> bool:
    if got is None:
        return False
    sign = 0 if abs(got[2]) < ROUND else int(np.sign(got[2]))
    # (All stars were looked for at pixel 12, 12.)
    return bool((_sign(got[0] - 12), _sign(got[1] - 12), sign) == wanted)
