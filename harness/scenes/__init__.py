"""Ground truth to exposures: detectors, dithers, stars, point-spread functions and noise."""

from harness.scenes.expose import SceneExposures, expose_scene, make_scene
from harness.scenes.flt import write_exposures, write_frame, write_truth
from harness.scenes.scene import Scene, list_scenes, load_scene
from harness.scenes.stars import StarTruth

__all__ = [
    "Scene",
    "SceneExposures",
    "StarTruth",
    "expose_scene",
    "list_scenes",
    "load_scene",
    "make_scene",
    "write_exposures",
    "write_frame",
    "write_truth",
]
