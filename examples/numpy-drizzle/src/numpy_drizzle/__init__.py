"""Variable-pixel linear reconstruction (Fruchter & Hook 2002, PASP 114, 144) in NumPy."""

from numpy_drizzle.core import NumpyDrizzle

__all__ = ["NumpyDrizzle"]
