"""Tests of harness.upgrade.arrays."""

import numpy as np
import pytest

from harness.metrics.allowance import weight_allowance
from harness.upgrade.arrays import find_difference, make_map, product_images


def products(change=None, shape=(8, 9)):
    """Return two products that are the same but for what a function changes in the second."""
    generator = np.random.default_rng(0)
    sides = []
    wht = generator.uniform(1, 2, shape).astype(np.float32)
    sci = generator.uniform(1, 2, shape).astype(np.float32)
    ctx = np.ones((1, *shape), dtype=np.int32)
    for _ in range(2):
        sides.append({"wht": wht.copy(), "sci": sci.copy(), "ctx": ctx.copy(), "dq": None})
    if change is not None:
        change(sides[1])
    images = product_images("square", 4, 2.0, *sides)
    return {image.name: find_difference(image) for image in images}


def test_the_same_is_identical() -> None:
    """Equal arrays, NaN included, are the same to the bit; what no side makes is left out."""

    def unset(side):
        side["sci"][0, 0] = np.nan

    assert {one.kind for one in products().values()} == {"identical"}
    assert set(products()) == {"wht", "sci", "ctx"}
    assert products(unset)["sci"].kind == "changed"
    assert products(unset)["sci"].largest == np.inf


@pytest.mark.parametrize(("times", "kind"), [(0.4, "roundoff"), (4.0, "changed")])
def test_roundoff_ends_at_the_allowance(times: float, kind: str) -> None:
    """What both sides may be off by roundoff is told from what they may not."""
    allowed = float(weight_allowance("square", 4)) * 2.0

    def shift(side):
        side["wht"][3, 4] += np.float32(times * allowed + 1e-7)

    found = products(shift)["wht"]
    assert found.kind == kind
    assert found.index == (3, 4)
    assert found.pixels == (kind == "changed")


def test_science_counts_where_there_is_weight() -> None:
    """Science over an overlap that is itself roundoff is not judged, on either side."""

    def sliver(side):
        side["sci"][2, 2] = 50.0

    generator = np.random.default_rng(1)
    wht = generator.uniform(1, 2, (5, 5)).astype(np.float32)
    wht[2, 2] = 1e-8
    old = {"wht": wht, "sci": np.ones((5, 5), np.float32)}
    new = {"wht": wht.copy(), "sci": np.ones((5, 5), np.float32)}
    sliver(new)
    kinds = {
        one.name: find_difference(one).kind for one in product_images("square", 1, 1, old, new)
    }
    assert kinds == {"wht": "identical", "sci": "roundoff"}


def test_context_is_compared_bit_by_bit() -> None:
    """A context bit that is not the same is a change, however small the number."""

    def bit(side):
        side["ctx"][0, 1, 1] = 0

    assert products(bit)["ctx"].kind == "changed"


def test_shapes() -> None:
    """Images of other shapes are a change of their own."""
    sides = [{"wht": np.ones((3, 3), np.float32), "sci": None},
             {"wht": np.ones((2, 3), np.float32), "sci": None}]  # fmt: skip
    found = find_difference(product_images("square", 1, 1.0, *sides)[0])
    assert found.kind == "changed"
    assert found.name == "shape of wht"


def test_a_map_keeps_the_largest_of_every_block() -> None:
    """A map of a large product shows where it differs, and by how much at most."""

    def two(side):
        side["wht"][100, 150] += np.float32(3)
        side["wht"][7, 3] += np.float32(1)

    area = make_map(products(two, shape=(130, 200))["wht"])
    assert area["block"] == 4
    values = np.array(area["values"])
    assert values.shape == (33, 50)
    assert values[25, 37] == pytest.approx(3)
    assert values[1, 0] == pytest.approx(1)
    assert np.count_nonzero(values) == 2
