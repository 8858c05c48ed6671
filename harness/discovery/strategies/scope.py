"""What a strategy may draw: everything that is documented as valid, or far beyond."""

from __future__ import annotations

from collections.abc import Iterable
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
        1xN, Nx1 and 1x1 images and outputs.
    single_rows : bool
        Whether images may be as tiny as that.
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
    single_rows: bool = True
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

    def some(self, parts: Iterable[int]) -> Scope:
        """Return the scope with a part of its fields switched off.

        What a request holds that is refused hides all else that is odd about it: with everything
        at once, four requests in five are refused. What is refused most often is kept most rarely.

        Parameters
        ----------
        parts : iterable of int
            For each of `SOME` a number from 0 to 3: below 2, or 3, the field is off.
        """
        kept: dict[str, Any] = {
            name: getattr(self, name) and part >= (3 if name in RARELY else 2)
            for name, part in zip(SOME, parts, strict=True)
        }
        return replace(self, **kept)

    def without(self, unsupported: frozenset[str]) -> Scope:
        """Return the scope without the fields, kernels and interpolations that a core lacks.

        Parameters
        ----------
        unsupported : frozenset of str
            As `Subject.unsupported` names it.
        """
        names = {field.name for field in fields(self)}
        off: dict[str, Any] = {name: False for name in unsupported if name in names}
        return replace(
            self,
            **off,
            kernels=tuple(kernel for kernel in self.kernels if kernel not in unsupported),
            interpolations=tuple(one for one in self.interpolations if one not in unsupported),
        )


RARELY = ("wild_parameters", "empty", "limits", "many")
SOME = (
    *RARELY, "tiny", "previous", "layouts", "variance", "dq", "iscale", "weight_scale", "defaults",
    "wild_data", "wild_weights", "wild_pixmaps",
)  # fmt: skip
"""What `Scope.some` switches off."""

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
