"""Colours and sizes that all charts share."""

from __future__ import annotations

HYDRO = "#3b78b5"
THERMAL = "#c98a2b"
DEFICIT = "#c0392b"
ACCENT = "#c0392b"
NEUTRAL = "#5f6b76"
WIDTH = 480
HEIGHT = 260
