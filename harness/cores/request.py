"""Calls in the words of the cores themselves, with everything that a caller can get wrong.

`DrizzleCore.drizzle` is the way of sound exposures to a product. A request goes a level below: each
argument of the cores' own interfaces is there under one name, unchecked, so that layouts, types,
limits and values that no pipeline would choose on purpose can be tried, in any release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]
Limits = tuple[int | None, int | None, int | None, int | None]

NO_LIMITS: Limits = (None, None, None, None)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RawImage:
    """One image, as it is handed to the core: type, byte order, strides and flags included.

    Attributes
    ----------
    data : ndarray
        Meant to be (ny, nx) float32.
    pixmap : ndarray
        Meant to be (ny, nx, 2) float64, output (x, y) of the pixel centres.
    weight : ndarray or None
        Meant to be (ny, nx) float32; None lets the core take its default.
    exptime : float
        s.
    in_units : str
        "cps" or "counts".
    pixfrac : float
    iscale : float
        Factor on the data.
    pixel_scale_ratio : float or None
        Output over input scale, for the size of kernels; None lets the core estimate it.
    weight_scale : float
        Factor on the weights.
    limits : tuple of int or None
        (xmin, xmax, ymin, ymax) of the part of the image that counts, as the core defines them.
    dq : ndarray or None
        Meant to be (ny, nx) uint32.
    variance : tuple of ndarray or None
        Meant to be (ny, nx) float32.
    """

    data: AnyArray
    pixmap: AnyArray
    weight: AnyArray | None = None
    exptime: float = 1.0
    in_units: str = "cps"
    pixfrac: float = 1.0
    iscale: float = 1.0
    pixel_scale_ratio: float | None = 1.0
    weight_scale: float = 1.0
    limits: Limits = NO_LIMITS
    dq: AnyArray | None = None
    variance: tuple[AnyArray | None, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Previous:
    """Output arrays of an earlier run, on which this one goes on.

    Attributes
    ----------
    sci, wht : ndarray
        Meant to be (ny, nx) float32.
    ctx : ndarray or None
        Meant to be (planes, ny, nx) int32.
    variance : tuple of ndarray or None, or None
        Meant to be (ny, nx) float32.
    dq : ndarray or None
        Meant to be (ny, nx) uint32.
    exptime : float
        Of all images until then, s.
    images : int
        How many went in.
    """

    sci: AnyArray
    wht: AnyArray
    ctx: AnyArray | None = None
    variance: tuple[AnyArray | None, ...] | None = None
    dq: AnyArray | None = None
    exptime: float = 0.0
    images: int = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DrizzleRequest:
    """Images to be drizzled one after the other onto one output.

    Attributes
    ----------
    images : tuple of RawImage
    kernel : str
    shape : tuple of int or None
        (ny, nx) of the output; None lets the core find it, or take that of `previous`.
    fillval : float, str or None
        As the core takes it; None lets it take its default.
    context : bool
        Whether the context image is made.
    previous : Previous or None
    max_images : int or None
        How many images the context is sized for; None for the number of images.
    """

    images: tuple[RawImage, ...]
    kernel: str = "square"
    shape: tuple[int, int] | None = None
    fillval: float | str | None = None
    context: bool = True
    previous: Previous | None = None
    max_images: int | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BlotRequest:
    """An image to be blotted: resampled at given positions.

    Attributes
    ----------
    data : ndarray
        Meant to be (ny, nx) float32.
    pixmap : ndarray
        Meant to be (my, mx, 2) float64: the (x, y) in `data` of every pixel of the result.
    interp : str
        "nearest", "linear", "poly3", "poly5", "sinc", "lan3", "lan5", or what else is tried.
    fillval, iscale, exptime, sinscl : float
        Value without data; factor on the data; s; width of the sinc.
    """

    data: AnyArray
    pixmap: AnyArray
    interp: str = "poly5"
    fillval: float = 0.0
    iscale: float = 1.0
    exptime: float = 1.0
    sinscl: float = 1.0


Request = DrizzleRequest | BlotRequest


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ExtensionRequest:
    """A call of a function of the core's extension module, as other packages make it.

    Attributes
    ----------
    function : str
        Such as "tdriz".
    arguments : tuple of (str, object)
        Name and value of each argument, in order; arrays, numbers, texts, None, tuples of these.
    repeat : int
        How often the call is made; the reply tells what the calls before the last have left behind.
    """

    function: str
    arguments: tuple[tuple[str, Any], ...]
    repeat: int = 1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FiledExposure:
    """An exposure that the core reads from its file; see `harness.model.Exposure`.

    Attributes
    ----------
    name, path : str
    chip : int
    shape : tuple of int
        (ny, nx).
    exptime : float
        s.
    in_units : str
        "cps" or "counts".
    sky : float
        Electrons/s/pixel.
    flat : ndarray, (ny, nx), or None
    """

    name: str
    path: str
    chip: int
    shape: tuple[int, int]
    exptime: float
    in_units: str
    sky: float = 0.0
    flat: AnyArray | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FilesRequest:
    """Files to be drizzled by a whole pipeline onto one output grid.

    Attributes
    ----------
    exposures : tuple of FiledExposure
    kernel, weighting : str
    pixfrac : float
    bits : int
        DQ bits that still count as good.
    fillval : float or None
    shape : tuple of int
        (ny, nx) of the output.
    pixel_scale : float
        arcsec.
    ctype, crpix, crval : tuple
        Of the output's WCS; crval in degrees.
    cd : tuple of tuple of float
        Its matrix, degrees per pixel.
    """

    exposures: tuple[FiledExposure, ...]
    kernel: str
    pixfrac: float
    weighting: str
    shape: tuple[int, int]
    pixel_scale: float
    ctype: tuple[str, str]
    crpix: tuple[float, float]
    crval: tuple[float, float]
    cd: tuple[tuple[float, float], tuple[float, float]]
    bits: int = 0
    fillval: float | None = None


AnyRequest = Request | ExtensionRequest | FilesRequest

Outcome = Literal["returned", "raised", "unsupported", "died", "timed_out", "out_of_memory"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reply:
    """What became of a request.

    Attributes
    ----------
    outcome : str
        "unsupported": this release has no such argument (`message` names it) and was not called;
        "died": by a signal or an exit; the others as they say.
    sci, wht, ctx, dq : ndarray, (ny, nx), of ctx (planes, ny, nx), or None
        Of a drizzle run, in the core's own convention; `sci` also holds the result of a blot.
    variance : tuple of ndarray, (ny, nx), or None
        Likewise.
    returned : tuple of tuple of float
        What each call returned: (nskip, nmiss), as far as the core keeps what it documents.
    attributes : mapping
        What the core tells of itself afterwards: total exposure time, context ids.
    error : str
        Type of the exception, or name of the signal.
    message : str
        Its text, or the end of what the process wrote.
    warnings : tuple of str
        "Category: text" of each warning.
    modified : tuple of str
        Input arrays whose bytes are not what they were, such as "images[0].data".
    overrun : tuple of str
        Arrays beside which something was written, such as "images[0].weight".
    seconds : float
        Wall time in the core.
    peak_growth : int or None
        Bytes by which the process's peak memory rose in the call, where it can be told.
    """

    outcome: Outcome
    sci: AnyArray | None = None
    wht: AnyArray | None = None
    ctx: AnyArray | None = None
    dq: AnyArray | None = None
    variance: tuple[AnyArray | None, ...] = ()
    returned: tuple[tuple[float, ...], ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    overrun: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_growth: int | None = None


def make_pixmap(shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return the pixmap (ny, nx, 2) that leaves every pixel where it is.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    ndarray, (ny, nx, 2), float64
        (x, y).
    """
    y, x = np.indices(shape, dtype=np.float64)
    return np.stack([x, y], axis=-1)
