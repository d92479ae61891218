"""The colours of the charts, light theme (`console.md` §5): one place for SVG and for the style sheet's variables."""

CATEGORY = ("#1F5FD0", "#A5450A", "#2EA48F", "#6A1847", "#A98F3D", "#9C87C7", "#397951", "#656C79")
ORDERED = ("#8FB0EE", "#5F8DE6", "#2F66D2", "#1B4697", "#0E2658")
OUTSIDE = "#9AA3B2"
HEAT = ("#EEF4FF", "#C3D7FA", "#8FB0EE", "#5F8DE6", "#2F66D2", "#1B4697")
DARK_FROM_STEP = 4
PRIMARY = "#1F5FD0"
GOOD, BAD = "#0B7A5B", "#C4320A"
TEXT, TEXT_2, TEXT_3, LINE, SURFACE = "#1B2330", "#4A5466", "#667085", "#E3E8EF", "#FFFFFF"


def heat_step(value: float | None, most: float) -> int | None:
    """Return the step of the heat scale (0–5) of a value between 0 and `most`; None for null."""
    if value is None or most <= 0:
        return None if value is None else 0
    return min(len(HEAT) - 1, int(value / most * len(HEAT)))
