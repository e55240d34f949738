"""Bar charts and curves as SVG, made without any library, and as PNG by rsvg-convert where that is installed."""

import html
import math
import shutil
import subprocess

WIDTH = 760
MARGIN = 24
TITLE_HEIGHT = 34
PANEL_TITLE = 30
BAR, GAP = 26, 10
LABEL_WIDTH = 210
VALUE_WIDTH = 120
FOOT_HEIGHT = 16
COLOURS = {"rhei": "#1f6f8b", "grpc-c++": "#8a97a6", "grpc-go": "#5aa469", "tonic": "#b5524a", "grpc-java": "#8e6bb0",
           "frames": "#222222"}
OTHER_COLOUR = "#d08c3f"
FONT = "DejaVu Sans, Verdana, sans-serif"
# Curves: the room for what stands on the axes, the height of the area, and a line of the legend.
AXIS_LEFT, AXIS_RIGHT, AXIS_FOOT = 76, 46, 46
MOST_TICKS = 8
AREA_HEIGHT = 340
LEGEND_HEIGHT = 20
LEGEND_COLUMNS = 3
# Several curves of one system are told apart by their dashes.
DASHES = ("none", "7 4", "2 3")


def _text(x, y, text, size=14, anchor="start", weight="normal", colour="#222"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
            f'fill="{colour}">{html.escape(text)}</text>')


def _panel(top, title, bars):
    """One chart from its upper edge on: its elements, and where it ends. Bars are (system, label, value, text)."""
    elements = [_text(MARGIN, top + 18, title, 15, weight="bold")]
    most = max(value for _, _, value, _ in bars)
    room = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH
    top += PANEL_TITLE
    for system, label, value, text in bars:
        length = max(2, room * value / most)
        elements += [
            _text(MARGIN + LABEL_WIDTH - 8, top + BAR - 8, label, anchor="end"),
            f'<rect x="{MARGIN + LABEL_WIDTH}" y="{top}" width="{length:.1f}" height="{BAR}" '
            f'fill="{COLOURS.get(system, OTHER_COLOUR)}"/>',
            _text(MARGIN + LABEL_WIDTH + length + 8, top + BAR - 8, text)]
        top += BAR + GAP
    return elements, top + GAP


def bar_charts(title, panels, notes):
    """A picture with charts one below the other: panels are (title, bars), notes are lines of text at its foot."""
    elements = [_text(MARGIN, MARGIN + 14, title, 18, weight="bold")]
    top = MARGIN + TITLE_HEIGHT
    for panel_title, bars in panels:
        part, top = _panel(top, panel_title, bars)
        elements += part
    return _picture(elements, top, notes)


def _picture(elements, top, notes):
    """The SVG of these elements, with the notes from `top` on."""
    for note in notes:
        elements.append(_text(MARGIN, top + 4, note, 11, colour="#666"))
        top += FOOT_HEIGHT
    height = top + MARGIN - FOOT_HEIGHT
    body = "\n".join(elements)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" font-family="{FONT}">\n'
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n')


class _LogAxis:
    """From one end to the other on so many pixels from `start` on. Marked are the values themselves where they are few,
    otherwise powers of ten, which the axis then begins and ends with."""

    def __init__(self, values, start, length, own_ticks=False):
        few = sorted(set(values))
        low, high = math.floor(math.log10(few[0])), math.ceil(math.log10(few[-1]))
        if own_ticks and 1 < len(few) <= MOST_TICKS:
            self.ticks = few
        else:
            self.ticks = [10.0 ** exponent for exponent in range(low, max(high, low + 1) + 1)]
        self._low, self._high = math.log10(self.ticks[0]), math.log10(self.ticks[-1])
        self._start, self._length = start, length

    def at(self, value):
        return self._start + self._length * (math.log10(value) - self._low) / (self._high - self._low)


def _grid(across, up, top, x_label, y_label):
    """Lines at the powers of ten, their values, and what the axes are."""
    left, right = AXIS_LEFT + MARGIN, WIDTH - AXIS_RIGHT
    elements = []
    for value in across.ticks:
        x = across.at(value)
        elements += [f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + AREA_HEIGHT}" stroke="#e3e3e3"/>',
                     _text(x, top + AREA_HEIGHT + 17, f"{value:,g}" if value < 1 else f"{value:,.0f}", 12, "middle")]
    for value in up.ticks:
        y = up.at(value)
        elements += [f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#e3e3e3"/>',
                     _text(left - 6, y + 4, f"{value:,g}" if value < 1 else f"{value:,.0f}", 12, "end")]
    elements += [_text((left + right) / 2, top + AREA_HEIGHT + 38, x_label, 13, "middle"),
                 _text(MARGIN, top - 10, y_label, 13)]
    return elements


def _curve(colour, dash, points):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>',
            *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)]


def line_chart(title, x_label, y_label, series, notes):
    """A picture of curves on logarithmic axes: series are (system, label, points), points are (x, y), both above 0."""
    elements = [_text(MARGIN, MARGIN + 14, title, 18, weight="bold")]
    series = [(system, label, points) for system, label, points in series if points]
    top = MARGIN + TITLE_HEIGHT
    left = AXIS_LEFT + MARGIN
    area_top = top + LEGEND_HEIGHT * math.ceil(len(series) / LEGEND_COLUMNS) + 24
    every = [point for _, _, points in series for point in points] or [(1, 1)]
    across = _LogAxis([x for x, _ in every], left, WIDTH - AXIS_RIGHT - left, own_ticks=True)
    up = _LogAxis([y for _, y in every], area_top + AREA_HEIGHT, -AREA_HEIGHT)
    elements += _grid(across, up, area_top, x_label, y_label)
    seen = {}
    for number, (system, label, points) in enumerate(series):
        colour = COLOURS.get(system, OTHER_COLOUR)
        dash = DASHES[seen.setdefault(system, 0) % len(DASHES)]
        seen[system] += 1
        x = MARGIN + (number % LEGEND_COLUMNS) * (WIDTH - 2 * MARGIN) / LEGEND_COLUMNS
        y = top + number // LEGEND_COLUMNS * LEGEND_HEIGHT
        elements += [f'<line x1="{x:.0f}" y1="{y + 4}" x2="{x + 30:.0f}" y2="{y + 4}" stroke="{colour}" stroke-width="2" '
                     f'stroke-dasharray="{dash}"/>', _text(x + 36, y + 8, label, 13)]
        elements += _curve(colour, dash, [(across.at(x), up.at(y)) for x, y in points])
    return _picture(elements, area_top + AREA_HEIGHT + AXIS_FOOT + 14, notes)


def notes_of(content):
    """What stands at the foot of a picture: where, and with which versions of the systems in it, it was measured."""
    where = content["machine"]
    systems = dict.fromkeys(row["system"] for row in content["rows"])
    versions = ", ".join(f"{name} {where['versions'][name]}" for name in systems if name in where["versions"])
    return [f"{where['cores']} cores of {where['cpu']}, {where['date'][:10]}.", versions]


def write(folder, name, svg):
    """Writes NAME.svg, and NAME.png if there is a program for that. Returns the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.svg"
    path.write_text(svg)
    if shutil.which("rsvg-convert") is None:
        return [path]
    picture = path.with_suffix(".png")
    subprocess.run(["rsvg-convert", "--zoom", "2", "--output", str(picture), str(path)], check=True)
    return [path, picture]
