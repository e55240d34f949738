"""Bar charts as SVG, made without any library, and as PNG by rsvg-convert where that is installed."""

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
    height = top + MARGIN - FOOT_HEIGHT
    body = "\n".join(elements)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" font-family="{FONT}">\n'
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n')


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
