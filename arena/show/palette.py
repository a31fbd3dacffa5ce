"""Colours by name, safe for colour-blind people (after Okabe and Ito), on light and on dark paper."""

from collections.abc import Mapping

Colour = str
"""#rrggbb"""

LIGHT: Mapping[str, Colour] = {
    "paper": "#fdfcf9",
    "raised": "#f4f1e9",
    "line": "#dcd8cc",
    "line-soft": "#eeeadf",
    "faint": "#6b6f76",
    "ink": "#1b1d20",
    "comply": "#0072b2",  # and training, and the early window
    "comply-soft": "#cfe4f0",
    "defect": "#d55e00",  # and deployment, and the late window
    "defect-soft": "#f8dcc6",
    "lens": "#9a4c86",
    "lens-soft": "#edd9e7",
    "good": "#00795a",
    "good-soft": "#cdebe0",
    "hidden": "#c9c5b8",
    "wall": "#575b63",
    "ice": "#d6ecf7",
    "gold": "#c48a00",
    "gold-soft": "#f6e3ad",
}

DARK: Mapping[str, Colour] = {
    "paper": "#16181b",
    "raised": "#1f2226",
    "line": "#3a3e45",
    "line-soft": "#2a2e34",
    "faint": "#a0a3a8",
    "ink": "#e9e6df",
    "comply": "#56b4e9",
    "comply-soft": "#1f3d50",
    "defect": "#f0843c",
    "defect-soft": "#54311a",
    "lens": "#dd94bb",
    "lens-soft": "#4b2f40",
    "good": "#1fc497",
    "good-soft": "#173f34",
    "hidden": "#4b4f56",
    "wall": "#8b9099",
    "ice": "#24404e",
    "gold": "#e6b84a",
    "gold-soft": "#4a3c16",
}


def rgb(colour: Colour) -> tuple[int, int, int]:
    """A colour's red, green and blue, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
