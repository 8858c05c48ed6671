"""Arrays and arguments as Python expressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import NO_LIMITS, RawImage
from harness.discovery.layout import layout_of

AnyArray = npt.NDArray[Any]


ON_DISK = [
    "def on_disk(array):  # as a file that was opened for reading",
    "    file = tempfile.TemporaryFile()",
    "    file.write(array.tobytes()), file.flush()",
    '    return np.memmap(file, array.dtype, "r", shape=array.shape)',
]
"""What the literal of a memory-mapped array calls."""


class Names:
    """Arrays by the names under which a script writes them; equal arrays have one."""

    def __init__(self) -> None:
        self.arrays: dict[str, AnyArray] = {}

    def of(self, array: AnyArray, name: str) -> str:
        """Return the name of an array, a new one like `name` where it has none yet.

        Parameters
        ----------
        array : ndarray of any shape
            Kept, not copied.
        name : str
            Wanted.

        Returns
        -------
        str
            That name, or one with a number behind it.
        """
        for known, one in self.arrays.items():
            if (
                one.dtype == array.dtype
                and one.shape == array.shape
                and one.strides == array.strides
                and one.tobytes() == array.tobytes()
                and known.rstrip("0123456789") == name
            ):
                return known
        new = name if name not in self.arrays else f"{name}{len(self.arrays)}"
        self.arrays[new] = array
        return new


def literal(array: AnyArray) -> str:
    """Return an expression for an array, its type and its layout.

    Parameters
    ----------
    array : ndarray of any shape
        Is written in full.
    """
    kind = array.dtype.str if array.dtype.byteorder == ">" else array.dtype.name
    with np.errstate(all="ignore"):
        same = array.size > 0 and len({repr(one) for one in array.ravel().tolist()}) == 1
    if same:
        text = f'np.full({array.shape}, {array.ravel()[0].item()!r}, "{kind}")'
    elif not array.size:
        text = f'np.zeros({array.shape}, "{kind}")'
    else:
        text = f'np.array({_short(array)}, "{kind}")'
    layout = layout_of(array)
    if layout == "memmap":
        return f"on_disk({text})"
    wrapped = {
        "fortran": f"np.asfortranarray({text})",
        "strided": f"np.repeat({text}, 2, axis=-1)[..., ::2]",
        "reversed": f"{text}[::-1].copy()[::-1]",
        "broadcast": f"np.broadcast_to({text}[:1], {array.shape})",
    }
    if layout in ("readonly", "unaligned"):
        offset = ", offset=1" if layout == "unaligned" else ""
        first = 'b" " + ' if layout == "unaligned" else ""
        return (
            f'np.frombuffer({first}{text}.tobytes(), "{array.dtype.str}"{offset})'
            f".reshape({array.shape})"
        )
    return wrapped.get(layout, text)


def _short(array: AnyArray) -> str:
    # The shortest digits of the array's own type: 0.1 in float32 is 0.1, not 0.10000000149.
    if array.dtype.kind == "f" and array.ndim > 0:
        return f"[{', '.join(_short(one) for one in array)}]"
    return str(array.item()) if array.ndim == 0 else repr(array.tolist())


def changed_fields(image: RawImage) -> dict[str, Any]:
    """Return the parameters of an image that are not at their defaults."""
    plain: dict[str, Any] = {
        "in_units": (image.in_units, "cps"),
        "pixfrac": (image.pixfrac, 1.0),
        "iscale": (image.iscale, 1.0),
        "pixel_scale_ratio": (image.pixel_scale_ratio, 1.0),
        "weight_scale": (image.weight_scale, 1.0),
    }
    changed = {name: value for name, (value, default) in plain.items() if value != default}
    if image.limits != NO_LIMITS:
        changed |= dict(zip(("xmin", "xmax", "ymin", "ymax"), image.limits, strict=True))
    return changed
