"""The sampling experiment: a grid of pixfrac, scale, kernel and core on one set of exposures."""
