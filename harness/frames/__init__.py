"""Real frames: where they are, and how they become exposures."""

from harness.frames.load import Reference, load_frame_set, load_references
from harness.frames.locate import FrameSet, LocatedFrame, available_sets, locate_frames
from harness.frames.manifest import FrameManifest, list_frame_sets, load_manifest
from harness.frames.read import read_frame

__all__ = [
    "FrameManifest",
    "FrameSet",
    "LocatedFrame",
    "Reference",
    "available_sets",
    "list_frame_sets",
    "load_frame_set",
    "load_manifest",
    "load_references",
    "locate_frames",
    "read_frame",
]
