"""Charts as SVG, made without any library, and as PNG by rsvg-convert where that is installed."""

import html
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
COLOURS = {"rhei": "#1f6f8b", "grpc-c++": "#8a97a6"}
OTHER_COLOUR = "#d08c3f"
CHART_HEIGHT = 300
AXIS_WIDTH = 70
GRID_COLOUR = "#ddd"
FONT = "DejaVu Sans, Verdana, sans-serif"


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
    for note in notes:
        elements.append(_text(MARGIN, top + 4, note, 11, colour="#666"))
        top += FOOT_HEIGHT
    return _document(elements, top)


def _document(elements, top):
    """The picture of these elements, whose foot ends there."""
    height = top + MARGIN - FOOT_HEIGHT
    body = "\n".join(elements)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" font-family="{FONT}">\n'
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n')


def _ticks(most):
    """Round values from 0 to at least `most`, four to eight of them."""
    step = 10 ** (len(str(int(most))) - 1)
    while most / step < 4:
        step /= 2
    return [step * index for index in range(int(most / step) + 2) if step * (index - 1) < most]


def _axes(x, y, xs, ys, names):
    """Grid, numbers and names of two axes; x and y give a value's place."""
    left, right, top, bottom = x(0), x(xs[-1]), y(ys[-1]), y(0)
    elements = []
    for value in ys:
        elements += [f'<line x1="{left:.0f}" y1="{y(value):.1f}" x2="{right:.0f}" y2="{y(value):.1f}" '
                     f'stroke="{GRID_COLOUR}"/>', _text(left - 8, y(value) + 4, f"{value:g}", 12, "end")]
    for value in xs:
        elements += [f'<line x1="{x(value):.1f}" y1="{top:.0f}" x2="{x(value):.1f}" y2="{bottom:.0f}" '
                     f'stroke="{GRID_COLOUR}"/>', _text(x(value), bottom + 18, f"{value:g}", 12, "middle")]
    return elements + [_text((left + right) / 2, bottom + 38, names[0], 12, "middle"), _text(MARGIN, top - 12, names[1], 12)]


def line_chart(title, x_name, y_name, lines, notes):
    """A picture with one chart: lines are (system, label, [(x, y)]), notes are lines of text at its foot."""
    points = [point for _, _, of_line in lines for point in of_line]
    xs, ys = _ticks(max(x for x, _ in points)), _ticks(max(y for _, y in points))
    top, left = MARGIN + TITLE_HEIGHT + 24, MARGIN + AXIS_WIDTH

    def place_x(value):
        return left + value / xs[-1] * (WIDTH - MARGIN - left)

    def place_y(value):
        return top + (1 - value / ys[-1]) * CHART_HEIGHT

    elements = [_text(MARGIN, MARGIN + 14, title, 18, weight="bold"),
                *_axes(place_x, place_y, xs, ys, (x_name, y_name))]
    legend = top + CHART_HEIGHT + 64
    for system, label, of_line in lines:
        colour = COLOURS.get(system, OTHER_COLOUR)
        path = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y in of_line)
        elements.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="3"/>')
        elements += [f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="4" fill="{colour}"/>' for x, y in of_line]
        elements += [f'<rect x="{left}" y="{legend - 9}" width="22" height="6" fill="{colour}"/>',
                     _text(left + 30, legend, label, 13)]
        legend += 20
    foot = legend + 12
    for note in notes:
        elements.append(_text(MARGIN, foot, note, 11, colour="#666"))
        foot += FOOT_HEIGHT
    return _document(elements, foot)


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
