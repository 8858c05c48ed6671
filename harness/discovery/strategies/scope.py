"""What a strategy may draw: everything that is documented as valid, or far beyond."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from harness.model import KERNELS

Placement = Literal["contained", "partial", "any"]
INTERPOLATIONS = ("nearest", "linear", "poly3", "poly5", "sinc", "lan3", "lan5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The borders of a strategy; the default is the plainest sound request.

    Attributes
    ----------
    kernels : tuple of str
    interpolations : tuple of str
        For blot.
    images : tuple of int
        Fewest and most images in a run.
    many : bool
        33 and more images, so that the context needs a second plane.
    placement : {"contained", "partial", "any"}
        All of every image on the output; some of it beyond an edge; any of these or none.
    tiny : bool
        1xN, Nx1 and 1x1 images.
    layouts : bool
        Other types, byte orders and memory layouts of the arrays.
    variance, dq, limits, iscale, weight_scale, previous : bool
        Whether the request has them.
    defaults : bool
        Arguments left to the core: no weight map, no pixel scale ratio, no fill value.
    zero_weights : bool
        Pixels of weight zero.
    wild_data, wild_weights, wild_pixmaps, wild_parameters : bool
        NaN, infinities, denormal, huge and negative values; folded, torn and degenerate
        geometry; parameters outside of what is documented.
    empty : bool
        Arrays without elements.
    """

    kernels: tuple[str, ...] = KERNELS
    interpolations: tuple[str, ...] = INTERPOLATIONS
    images: tuple[int, int] = (1, 3)
    many: bool = False
    placement: Placement = "any"
    tiny: bool = False
    layouts: bool = False
    variance: bool = False
    dq: bool = False
    limits: bool = False
    iscale: bool = False
    weight_scale: bool = False
    previous: bool = False
    defaults: bool = False
    zero_weights: bool = True
    wild_data: bool = False
    wild_weights: bool = False
    wild_pixmaps: bool = False
    wild_parameters: bool = False
    empty: bool = False

    def without(self, unsupported: frozenset[str]) -> Scope:
        """Return the scope without the fields, kernels and interpolations that a core lacks."""
        names = {field.name for field in fields(self)}
        off: dict[str, Any] = {name: False for name in unsupported if name in names}
        return replace(
            self,
            **off,
            kernels=tuple(kernel for kernel in self.kernels if kernel not in unsupported),
            interpolations=tuple(one for one in self.interpolations if one not in unsupported),
        )


WILD = Scope(
    images=(1, 3),
    many=True,
    tiny=True,
    layouts=True,
    variance=True,
    dq=True,
    limits=True,
    iscale=True,
    weight_scale=True,
    previous=True,
    defaults=True,
    wild_data=True,
    wild_weights=True,
    wild_pixmaps=True,
    wild_parameters=True,
    empty=True,
)
"""Everything at once, for what must hold whatever is asked: no crash, no hang, no overrun."""
