#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws a captured terminal screen (`tmux capture-pane -pe`) as an SVG image:
screen_svg.py < CAPTURE > IMAGE"""

import re
import sys
from xml.sax.saxutils import escape

CELL_WIDTH, CELL_HEIGHT, MARGIN = 9.0, 19.0, 14.0
PAPER, INK = '#1e1f24', '#e0e2ea'
SGR = re.compile(r'\x1b\[([0-9;]*)m')
BASIC = ['#000000', '#ffc0b9', '#b3f6c0', '#fce094', '#a6dbff', '#ffcaff', '#8cf8f7', '#eef1f8']


def colour_after(codes, colour):
    """The colour of the text after a sequence of select-graphic-rendition codes."""
    numbers = [int(code or 0) for code in codes.split(';')]
    while numbers:
        code = numbers.pop(0)
        if code in (38, 48) and numbers[:1] == [2]:
            red, green, blue = numbers[1:4]
            numbers = numbers[4:]
            if code == 38:
                colour = '#%02x%02x%02x' % (red, green, blue)
        elif code in (38, 48) and numbers[:1] == [5]:
            numbers = numbers[2:]
        elif 30 <= code <= 37:
            colour = BASIC[code - 30]
        elif code in (0, 39):
            colour = INK
    return colour


def runs(line, colour):
    """Pairs of colour and text, and the colour at the end."""
    found, place = [], 0
    for match in SGR.finditer(line):
        found.append((colour, line[place:match.start()]))
        colour = colour_after(match.group(1), colour)
        place = match.end()
    found.append((colour, line[place:]))
    return [run for run in found if run[1]], colour


def draw(screen):
    lines = screen.rstrip('\n').split('\n')
    # Lines behind the end of the file show nothing but a tilde.
    while lines and SGR.sub('', lines[-1]).strip() in ('', '~'):
        lines.pop()
    width = max(len(SGR.sub('', line).rstrip()) for line in lines) * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * CELL_HEIGHT + 2 * MARGIN
    yield ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g">'
           % (width, height, width, height))
    yield '<rect width="100%%" height="100%%" rx="6" fill="%s"/>' % PAPER
    yield '<g font-family="monospace" font-size="15" xml:space="preserve">'
    colour = INK
    for row, line in enumerate(lines):
        column = 0
        parts, colour = runs(line, colour)
        for ink, text in parts:
            if text.strip():
                yield ('<text x="%g" y="%g" textLength="%g" fill="%s">%s</text>' % (
                    MARGIN + column * CELL_WIDTH, MARGIN + (row + 0.75) * CELL_HEIGHT,
                    len(text) * CELL_WIDTH, ink, escape(text)))
            column += len(text)
    yield '</g></svg>'


print('\n'.join(draw(sys.stdin.read())))
