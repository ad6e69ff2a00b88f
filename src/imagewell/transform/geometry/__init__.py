"""The arithmetic of pictures: sizes in, sizes out. The one import door; nothing here reads a pixel."""

from imagewell.transform.geometry.crop import CUTS, PLACED, settled_focus, sides_of, sought
from imagewell.transform.geometry.dpr import at_device_pixels, multiplied, multiplied_text
from imagewell.transform.geometry.edges import corner_radii, inset
from imagewell.transform.geometry.exact import exact, half_up, product, whole_side
from imagewell.transform.geometry.faces import Area, faces_area, faces_center, without_faces
from imagewell.transform.geometry.overlay import (
    Tiles,
    color_size,
    is_drawn,
    overlay_box,
    overlay_placement,
    repeated,
    tiles,
)
from imagewell.transform.geometry.place import MAX_SIDE_PX, is_clamped, place, whole_pads
from imagewell.transform.geometry.placement import Placement, Sides
from imagewell.transform.geometry.region import oriented, region_box, trim_box
from imagewell.transform.geometry.rotation import pivot_size, straighten_zoom

__all__ = [
    "CUTS",
    "MAX_SIDE_PX",
    "PLACED",
    "Area",
    "Placement",
    "Sides",
    "Tiles",
    "at_device_pixels",
    "color_size",
    "corner_radii",
    "exact",
    "faces_area",
    "faces_center",
    "half_up",
    "inset",
    "is_clamped",
    "is_drawn",
    "multiplied",
    "multiplied_text",
    "oriented",
    "overlay_box",
    "overlay_placement",
    "pivot_size",
    "place",
    "product",
    "region_box",
    "repeated",
    "settled_focus",
    "sides_of",
    "sought",
    "straighten_zoom",
    "tiles",
    "trim_box",
    "whole_pads",
    "whole_side",
    "without_faces",
]
