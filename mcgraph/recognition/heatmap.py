"""The matrix as a drawing: one self-contained SVG with numbers in the cells, a legend, and the cells as a list below.

Rows are whose credentials are recognised, columns where. Nothing is said by colour alone: every shade has its number,
inferred counts stand in brackets, refusals and lapsed statements have their own signs, and each cell has a title that
a screen reader tells. Labels are other people's text and are escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax import saxutils

from mcgraph.model.synthetic import synthetic_mark
from mcgraph.recognition.matrix import Cell, MatrixAnswer
from mcgraph.recognition.sheet import code
from mcgraph.recognition.statement import Party

SIDE, MARGIN, LINE = 56, 24, 18
# Shades of one hue, dark text on the first three and light text on the last two: contrast at least 4.5 to 1.
_OWN = "#f0f0f0"
_SHADES = ("#e8f1fa", "#bfdcf2", "#8fc0e6", "#2f6fa8", "#123f6b")
_LIGHT_FROM = 3
LISTED = 60
AXES = "rows: whose credentials · columns: where recognised"


def svg(answer: MatrixAnswer, most_parties: int = 60) -> str:
    """The heat map as one SVG document; parties beyond `most_parties` are counted, not drawn."""
    parties, left = _chosen(answer, most_parties)
    names = {one.iri for one in parties}
    cells = [one for one in answer.cells if one.a.iri in names and one.b.iri in names]
    frame = _Frame.of(parties, cells, answer.level)
    listed = cells[:LISTED]
    height = frame.bottom + 130 + LINE * (len(listed) + 2)
    known = str(answer.coverage) + synthetic_mark(answer.register.synthetic)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width}" height="{height}" '
        f'viewBox="0 0 {frame.width} {height}" role="img" aria-labelledby="title desc" font-family="sans-serif" '
        'font-size="12">',
        f'<title id="title">{escape(_title(answer))}</title>',
        f'<desc id="desc">{escape(_description(answer, left))}</desc>',
        f'<rect width="{frame.width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{MARGIN}" y="{MARGIN + 6}" font-size="16" font-weight="bold">{escape(_title(answer))}</text>',
        f'<text x="{MARGIN}" y="{MARGIN + 26}" fill="#444444">{AXES}</text>',
        f'<text x="{MARGIN}" y="{MARGIN + 44}" fill="#444444">{escape(known)}</text>',
        *frame.axes(),
    ]
    peak = max([1, *(one.asserted for one in cells)])
    parts += [_cell(one, *frame.corner(one), peak) for one in cells]
    parts += _legend(frame.bottom + 30, peak)
    parts += _list(listed, len(cells), frame.bottom + 112)
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where rows and columns stand. Countries are drawn on both sides; bodies only where they have a cell."""

    rows: tuple[Party, ...]
    columns: tuple[Party, ...]
    label: int
    top: int
    is_turned: bool

    @classmethod
    def of(cls, parties: Sequence[Party], cells: Sequence[Cell], level: str) -> _Frame:
        starts, ends = {one.a.iri for one in cells}, {one.b.iri for one in cells}
        both = level == "country"
        rows = tuple(one for one in parties if both or one.iri in starts)
        columns = tuple(one for one in parties if both or one.iri in ends)
        label = max([70, *(7 * len(_short(code(one))) for one in parties)])
        return cls(rows, columns, label, MARGIN + 64 + (24 if both else label), not both)

    @property
    def width(self) -> int:
        return max(MARGIN * 2 + self.label + SIDE * len(self.columns) + (90 if self.is_turned else 0), 620)

    @property
    def bottom(self) -> int:
        return self.top + SIDE * len(self.rows)

    def corner(self, cell: Cell) -> tuple[int, int]:
        """The upper left corner of a cell."""
        x = next(i for i, one in enumerate(self.columns) if one.iri == cell.b.iri)
        y = next(i for i, one in enumerate(self.rows) if one.iri == cell.a.iri)
        return MARGIN + self.label + SIDE * x, self.top + SIDE * y

    def axes(self) -> list[str]:
        """Names on both sides, and the empty cells."""
        drawn = []
        left = MARGIN + self.label
        for number, one in enumerate(self.rows):
            y = self.top + SIDE * number
            drawn.append(f'<text x="{left - 8}" y="{y + SIDE // 2 + 4}" text-anchor="end">{_name(one)}</text>')
            for other, column in enumerate(self.columns):
                fill = _OWN if column.iri == one.iri else "#ffffff"
                drawn.append(
                    f'<rect x="{left + SIDE * other}" y="{y}" width="{SIDE}" height="{SIDE}" fill="{fill}" '
                    'stroke="#d0d0d0"/>'
                )
        for number, one in enumerate(self.columns):
            x, y = left + SIDE * number + SIDE // 2, self.top - 8
            turn = f'transform="rotate(-60 {x} {y})"' if self.is_turned else 'text-anchor="middle"'
            drawn.append(f'<text x="{x}" y="{y}" {turn}>{_name(one)}</text>')
        return drawn


def _name(one: Party) -> str:
    return f"<title>{escape(one.label)}</title>{escape(_short(code(one)))}"


def _title(answer: MatrixAnswer) -> str:
    level = "countries" if answer.level == "country" else "bodies"
    return f"Recognition between {level} on {answer.register.as_of.isoformat()}"


def _description(answer: MatrixAnswer, left: int) -> str:
    rest = f" {left} further parties are not drawn." if left else ""
    lines = "; ".join(f"{code(one.a)} to {code(one.b)}: {told(one)}" for one in answer.cells[:LISTED])
    return f"{answer.coverage}.{rest} {lines}"


def _chosen(answer: MatrixAnswer, most: int) -> tuple[Sequence[Party], int]:
    """The parties between whom most is stated, in their order."""
    parties = answer.parties
    weight = dict.fromkeys((one.iri for one in parties), 0)
    for cell in answer.cells:
        for one in (cell.a, cell.b):
            weight[one.iri] += cell.asserted + cell.refused + cell.lapsed
    kept = set(sorted(weight, key=lambda iri: (-weight[iri], iri))[:most])
    return [one for one in parties if one.iri in kept], max(0, len(parties) - most)


def _shade(count: int, peak: int) -> int:
    """Which of the shades a count has: equal steps from 1 to the largest count."""
    return min(len(_SHADES) - 1, (count - 1) * len(_SHADES) // max(peak, 1))


def _cell(cell: Cell, x: int, y: int, peak: int) -> str:
    shade = _shade(cell.asserted, peak) if cell.asserted else None
    fill = _SHADES[shade] if shade is not None else "none"
    ink = "#ffffff" if shade is not None and shade >= _LIGHT_FROM else "#111111"
    dash = ' stroke-dasharray="4 3"' if cell.inferred and not cell.asserted else ""
    title = f"{cell.a.label} to {cell.b.label}: {told(cell)}"
    first = " ".join(part for part in (str(cell.asserted or ""), "⇄" if cell.is_mutual else "") if part)
    second = " ".join(_signs(cell))
    return (
        f"<g aria-label={saxutils.quoteattr(_plain(title))}><title>{escape(title)}</title>"
        f'<rect x="{x + 1}" y="{y + 1}" width="{SIDE - 2}" height="{SIDE - 2}" fill="{fill}" stroke="#5b6b7a"{dash}/>'
        f'<text x="{x + SIDE // 2}" y="{y + 24}" text-anchor="middle" fill="{ink}" font-size="14">{first}</text>'
        f'<text x="{x + SIDE // 2}" y="{y + 44}" text-anchor="middle" fill="{ink}" font-size="11">{second}</text></g>'
    )


def _signs(cell: Cell) -> list[str]:
    signs = [f"({cell.inferred})"] if cell.inferred else []
    signs += [f"✘{cell.refused}"] if cell.refused else []
    signs += [f"†{cell.lapsed}"] if cell.lapsed else []
    signs += [f"…{cell.not_yet}"] if cell.not_yet else []
    return signs + ([f"+{cell.endorsed}"] if cell.endorsed else [])


def told(cell: Cell) -> str:
    """A cell in words."""
    parts = []
    if cell.asserted:
        kinds = [f"{cell.mutual} mutual"] * bool(cell.mutual) + [f"{cell.one_sided} one-sided"] * bool(cell.one_sided)
        parts.append(f"{cell.asserted} asserted ({', '.join(kinds)})")
    for count, word in (
        (cell.inferred, "inferred"),
        (cell.endorsed, "endorsed"),
        (cell.refused, "refused"),
        (cell.lapsed, "lapsed"),
        (cell.not_yet, "not yet in force"),
    ):
        parts += [f"{count} {word}"] if count else []
    return ", ".join(parts)


def _legend(y: int, peak: int) -> list[str]:
    drawn = [f'<text x="{MARGIN}" y="{y}" font-weight="bold">statements in force that somebody asserts</text>']
    drawn_so_far = 0
    for number, shade in enumerate(_SHADES):
        counts = [n for n in range(1, peak + 1) if _shade(n, peak) == number] if peak <= 1000 else []
        if peak > 1000:
            low = -(-number * peak // len(_SHADES)) + 1
            counts = [low, max(low, (number + 1) * peak // len(_SHADES))]
        if not counts:
            continue
        x = MARGIN + 110 * drawn_so_far
        drawn_so_far += 1
        text = f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,}–{counts[-1]:,}"
        drawn.append(f'<rect x="{x}" y="{y + 10}" width="22" height="16" fill="{shade}" stroke="#5b6b7a"/>')
        drawn.append(f'<text x="{x + 28}" y="{y + 23}">{text}</text>')
    signs = "⇄ answered the other way · (n) inferred, dashed · ✘n refused · †n lapsed · …n not yet · +n endorsed"
    drawn.append(f'<text x="{MARGIN}" y="{y + 48}">{signs}</text>')
    x = MARGIN + 110 * drawn_so_far
    drawn.append(f'<rect x="{x}" y="{y + 10}" width="22" height="16" fill="{_OWN}" stroke="#5b6b7a"/>')
    drawn.append(f'<text x="{x + 28}" y="{y + 23}">none, with itself</text>')
    return drawn


def _list(cells: Sequence[Cell], total: int, y: int) -> list[str]:
    drawn = [f'<text x="{MARGIN}" y="{y}" font-weight="bold">The same as a list</text>']
    for number, one in enumerate(cells, start=1):
        text = escape(f"{_short(code(one.a))} → {_short(code(one.b))}: {told(one)}")
        drawn.append(f'<text x="{MARGIN}" y="{y + LINE * number}">{text}</text>')
    if total > len(cells):
        rest = f"… and {total - len(cells):,} more; write .csv for all of them"
        drawn.append(f'<text x="{MARGIN}" y="{y + LINE * (len(cells) + 1)}">{rest}</text>')
    return drawn


def escape(text: str) -> str:
    """Text as XML can carry it: no markup, and no control characters, which no XML may hold."""
    return saxutils.escape(_plain(text))


def _plain(text: str) -> str:
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _short(text: str) -> str:
    plain = _plain(text)
    return plain if len(plain) <= 28 else plain[:27] + "…"
