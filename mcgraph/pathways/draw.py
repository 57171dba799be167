"""A route as a drawing: our own small layered layout as SVG (and PNG), and DOT text for Graphviz.

Columns go from left to right by EQF level; inside a level, what rests on something stands to its right. The same
route always gives the same bytes. Nothing is said by colour alone: every box bears its role in words, and a legend
tells the lines. Solid lines are asserted, dashed ones inferred, and a mark on the line says recognition. Labels are
other people's text and are escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from mcgraph.errors import WrongUse
from mcgraph.model.synthetic import synthetic_mark
from mcgraph.pathways.route import Route, RouteAnswer, Step
from mcgraph.pathways.rulebook import RuleBook

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 264, 84, 84, 26, 32
HEAD, LEGEND = 88, 64
# Characters on one line of a box, and how often the order of the columns is improved.
LINE, SWEEPS = 27, 6
_INK, _SOFT, _RULE = "#1f2933", "#52606d", "#d3dae2"
# Fill and edge per role; each role is also said in words, so that nothing rests on colour.
_LOOK = {
    "held": ("#f0f2f5", "#7b8794"),
    "take": ("#e3effb", "#2b6cb0"),
    "stack": ("#ffffff", "#52606d"),
    "recognise": ("#fdf3e1", "#b7791f"),
    "target": ("#e3f5e6", "#2f855a"),
}
_DOTS = ' stroke-dasharray="2 4"'
_ROLE = {"held": "held", "take": "to take", "stack": "awarded on parts", "recognise": "by recognition"}


@dataclass(frozen=True, slots=True)
class Box:
    """One credential of the drawing; `band` is the EQF level of its column, 0 where none is stated."""

    credential: str
    role: str
    is_target: bool
    column: int
    row: float
    band: int = 0

    @property
    def x(self) -> int:
        """Left edge."""
        return _left(self.column)

    @property
    def y(self) -> int:
        """Upper edge, below the title and the names of the levels."""
        return _top(self.row)

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + HEIGHT / 2


def _left(column: int) -> int:
    return MARGIN + column * (WIDTH + GAP_X)


def _top(row: float) -> int:
    return int(HEAD + row * (HEIGHT + GAP_Y))


@dataclass(frozen=True, slots=True)
class Line:
    """A part and the credential that counts it; dashed where the claim is inferred, marked where it is recognised.

    `beside`: the part may be taken at the same time ("may"), or both ask for one another ("must").
    """

    part: str
    whole: str
    is_dashed: bool
    is_recognition: bool = False
    via: tuple[tuple[int, float], ...] = ()
    beside: str = ""


def layout(route: Route, target: str, book: RuleBook | None = None) -> tuple[tuple[Box, ...], tuple[Line, ...]]:
    """Boxes in columns by EQF level, ordered so that lines are short, and the lines between them.

    A line past other columns keeps a row of its own there (`via`), so that it never runs through a box.
    """
    steps = {step.credential: step for step in route.steps}
    pairs = [
        (part, step) for step in route.steps for part in dict.fromkeys(m for s in step.groups for m in s.counted)
    ]
    names = list(dict.fromkeys([*(part for part, _ in pairs if part not in steps), *steps, target]))
    rests_on: dict[str, list[str]] = {name: [] for name in names}
    beside = {(part, step.credential): _beside(steps, part, step) for part, step in pairs}
    for part, step in pairs:
        if beside[part, step.credential] != "must":
            rests_on[step.credential].append(part)
    place = _places(names, rests_on, book)
    column = {key: at for at, key in enumerate(sorted(set(place.values())))}
    at = {name: column[place[name]] for name in names}
    row = _rows(at, [(part, step.credential) for part, step in pairs])
    boxes = tuple(
        Box(n, steps[n].kind if n in steps else "held", n == target, at[n], row[n, at[n]], place[n][0])
        for n in sorted(names, key=lambda name: (at[name], row[name, at[name]]))
    )
    lines = tuple(
        Line(
            part,
            step.credential,
            any(e.claim == "inferred" for e in step.evidence),
            _recognises(step, part),
            tuple((c, row[part, c]) for c in range(at[part] + 1, at[step.credential])),
            beside[part, step.credential],
        )
        for part, step in pairs
        if beside[part, step.credential] != "must" or _is_drawn(beside, at, part, step.credential)
    )
    return boxes, lines


def _beside(steps: dict[str, Step], part: str, whole: Step) -> str:
    """Whether a part may be taken with its whole, or must be because it rests on it, too."""
    if part not in steps or not any(part in state.concurrent for state in whole.groups):
        return ""
    return "must" if steps[part].layer == whole.layer else "may"


def _is_drawn(beside: dict[tuple[str, str], str], at: dict[str, int], part: str, whole: str) -> bool:
    """Of two lines between the same boxes the one from left to right, or from the first name."""
    return (whole, part) not in beside or (at[part], part) < (at[whole], whole)


def _rows(at: dict[str, int], pairs: list[tuple[str, str]]) -> dict[tuple[str, int], float]:
    """The row of each credential in its column, and of its line in each column it passes; columns are centred."""
    slots = set(at.items())
    near: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for part, whole in pairs:
        chain = [*((part, column) for column in range(at[part], at[whole])), (whole, at[whole])]
        slots.update(chain)
        for left, right in pairwise(chain):
            near.setdefault(left, set()).add(right)
            near.setdefault(right, set()).add(left)
    columns: dict[int, list[tuple[str, int]]] = {}
    for slot in sorted(slots):
        columns.setdefault(slot[1], []).append(slot)
    tallest = max(len(those) for those in columns.values())
    row = {slot: n + (tallest - len(those)) / 2 for those in columns.values() for n, slot in enumerate(those)}
    for sweep in range(SWEEPS):
        step = 1 if sweep % 2 == 0 else -1
        for column in sorted(columns, reverse=step < 0):
            mean = {slot: _mean(row, near.get(slot, set()), column - step, row[slot]) for slot in columns[column]}
            columns[column].sort(key=lambda slot: (mean[slot], slot))
            offset = (tallest - len(columns[column])) / 2
            row |= {slot: number + offset for number, slot in enumerate(columns[column])}
    return row


def _mean(row: dict[tuple[str, int], float], near: set[tuple[str, int]], column: int, otherwise: float) -> float:
    """The mean row of the neighbours in a column, by which crossings are kept few (Sugiyama's barycentre)."""
    rows = [row[slot] for slot in near if slot[1] == column]
    return sum(rows) / len(rows) if rows else otherwise


def _recognises(step: Step, part: str) -> bool:
    return step.kind == "recognise" or any(part == who for state in step.groups for who, _ in state.recognised)


def _places(names: list[str], rests_on: dict[str, list[str]], book: RuleBook | None) -> dict[str, tuple[int, int]]:
    """Per credential (level of its column, place inside the level): never left of what it rests on."""
    found: dict[str, tuple[int, int]] = {}
    waiting = list(names)
    while waiting:
        one = next(name for name in waiting if all(part in found for part in rests_on.get(name, ())))
        waiting.remove(one)
        below = [found[part] for part in rests_on.get(one, ())]
        own = (book.credential(one).level or 0) if book else 0
        level = max([own, *(band for band, _ in below)])
        found[one] = (level, 1 + max((at for band, at in below if band == level), default=-1))
    return found


def svg(answer: RouteAnswer, route: Route) -> str:
    """The route as one SVG document, with a title and a description that a screen reader tells."""
    boxes, lines = layout(route, answer.target, answer.book)
    width = max(max(box.x for box in boxes) + WIDTH + MARGIN, 720)
    lowest = max([*(box.row for box in boxes), *(row for line in lines for _, row in line.via)])
    foot = _top(lowest) + HEIGHT + 34
    height = foot + LEGEND
    place = {box.credential: box for box in boxes}
    title = _clean(f"A route to {answer.book.label(answer.target)}")
    told = " ".join(f"{step.number}. {step.text}." for step in route.steps) or "Nothing is left to do."
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-labelledby="route-title route-desc"'
        f' font-family="Inter, Segoe UI, Helvetica, Arial, sans-serif" font-size="14" fill="{_INK}">',
        f'<title id="route-title">{escape(title)}</title>',
        f'<desc id="route-desc">{escape(_clean(told))}</desc>',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"'
        f' orient="auto"><path d="M0 1L9 5L0 9z" fill="{_SOFT}"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{MARGIN}" y="34" font-size="18" font-weight="600">{escape(_cut(title, width // 10))}</text>',
        *_bands(boxes, foot),
        *(_line(place[line.part], place[line.whole], line) for line in lines),
        *(_box(answer.book, box) for box in boxes),
        *_legend(foot, width, answer, route),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bands(boxes: tuple[Box, ...], foot: int) -> list[str]:
    """The name of each EQF level over its columns, with a light rule between levels."""
    parts = []
    for band in sorted({box.band for box in boxes}):
        mine = [box for box in boxes if box.band == band]
        left, right = min(box.x for box in mine), max(box.x for box in mine) + WIDTH
        name = f"EQF {band}" if band else "no EQF level stated"
        parts.append(f'<text x="{left}" y="66" font-size="12" font-weight="600" fill="{_SOFT}">{name}</text>')
        parts.append(f'<path d="M{left} 74H{right}" stroke="{_RULE}" stroke-width="2"/>')
        if left > MARGIN:
            middle = left - GAP_X // 2
            parts.append(f'<path d="M{middle} 56V{foot - 16}" stroke="{_RULE}" stroke-width="1"/>')
    return parts


def _line(part: Box, whole: Box, line: Line) -> str:
    if line.beside == "must" and part.column >= whole.column:
        return _bracket(*((part, whole) if part.column == whole.column else (whole, part)))
    x, y = part.x + WIDTH, part.middle
    path = f"M{x} {y:g}"
    for column, row in line.via:
        left, mid = _left(column), _top(row) + HEIGHT / 2
        path += _bend(x, y, left, mid) + f"H{left + WIDTH}"
        x, y = left + WIDTH, mid
    path += _bend(x, y, whole.x - 2, whole.middle)
    dash = ' stroke-dasharray="7 5"' if line.is_dashed else _DOTS if line.beside else ""
    colour = _LOOK["recognise"][1] if line.is_recognition else _SOFT
    drawn = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}'
    drawn += "/>" if line.beside == "must" else ' marker-end="url(#tip)"/>'
    return drawn + (_mark((x + whole.x) / 2, (y + whole.middle) / 2) if line.is_recognition else "")


def _bracket(part: Box, whole: Box) -> str:
    """The line between two courses that are taken together; beside their column where both stand in it."""
    x, y1, y2, left = part.x + WIDTH, part.middle, whole.middle, whole.x
    far = x + GAP_X // 3
    path = f"M{x} {y1:g}" + (
        f"C{far} {y1:g} {far} {y2:g} {x} {y2:g}" if part.column == whole.column else _bend(x, y1, left, y2)
    )
    return f'<path d="{path}" fill="none" stroke="{_SOFT}" stroke-width="1.6"{_DOTS}/>'


def _bend(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    return f"C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"


def _mark(x: float, y: float) -> str:
    """The sign of recognition on a line."""
    fill, edge = _LOOK["recognise"]
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="{fill}" stroke="{edge}" stroke-width="1.6"/>'
        f'<text x="{x:g}" y="{y + 4:g}" font-size="12" font-weight="600" text-anchor="middle" fill="{_INK}">R</text>'
    )


def _box(book: RuleBook, box: Box) -> str:
    label = _clean(book.label(box.credential))
    fill, edge = _LOOK["target" if box.is_target else box.role]
    first, second = _two_lines(label)
    lines = f'<text x="{box.x + 14}" y="{box.y + (27 if second else 36)}" font-weight="600">{escape(first)}</text>'
    if second:
        lines += f'<text x="{box.x + 14}" y="{box.y + 45}" font-weight="600">{escape(second)}</text>'
    return (
        f"<g><title>{escape(label)}</title>"
        f'<rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{fill}"'
        f' stroke="{edge}" stroke-width="{3 if box.is_target else 1.5}"/>'
        f"{lines}"
        f'<text x="{box.x + 14}" y="{box.y + 68}" font-size="12" fill="{_SOFT}">'
        f"{escape(_facts(book, box))}</text></g>"
    )


def _two_lines(label: str) -> tuple[str, str]:
    """A label on at most two lines, broken between words where it can be."""
    if len(label) <= LINE:
        return label, ""
    at = label.rfind(" ", 0, LINE + 1)
    at = at if at > LINE // 3 else LINE
    return label[:at].rstrip(), _cut(label[at:].strip(), LINE)


def _facts(book: RuleBook, box: Box) -> str:
    one = book.credential(box.credential)
    facts = ["target" if box.is_target else _ROLE[box.role]]
    facts += [f"EQF {one.level}"] if one.level else []
    facts += [f"{one.credits.normalize():f} credits"] if one.credits is not None else []
    return _cut(" · ".join(facts), 40)


def _legend(foot: int, width: int, answer: RouteAnswer, route: Route) -> list[str]:
    """What the lines mean, what the plan asks for, and as of when."""
    y = foot + 16
    dash = ' stroke-dasharray="7 5"'
    parts = [f'<path d="M{MARGIN} {foot}H{width - MARGIN}" stroke="{_RULE}"/>']
    x = MARGIN
    together = any(state.concurrent for step in route.steps for state in step.groups)
    kinds = [("asserted", "", False), ("inferred", dash, False), ("recognised", "", True)]
    for words, dashed, marked in (*kinds, *([("at the same time", _DOTS, False)] if together else [])):
        colour = _LOOK["recognise"][1] if marked else _SOFT
        parts.append(f'<path d="M{x} {y + 8}H{x + 44}" stroke="{colour}" stroke-width="1.6"{dashed}/>')
        parts += [_mark(x + 22, y + 8)] if marked else []
        parts.append(f'<text x="{x + 52}" y="{y + 12}" font-size="12" fill="{_SOFT}">{words}</text>')
        x += 150
    weakest = f"weakest evidence: {route.confidence}" if route.confidence else "rests on no statement"
    day = answer.book.date.isoformat() + synthetic_mark(answer.book.synthetic)
    said = f"{route.cost.new} new · {weakest} · as of {day}"
    parts.append(f'<text x="{MARGIN}" y="{y + 36}" font-size="12" fill="{_SOFT}">{escape(said)}</text>')
    return parts


def png(answer: RouteAnswer, route: Route, scale: float = 2.0) -> bytes:
    """The route as a PNG picture.

    Raises `WrongUse` where the converter (vl-convert-python, an optional package) is not installed.
    """
    import importlib

    try:
        converter = importlib.import_module("vl_convert")
    except ImportError as missing:
        raise WrongUse(
            "A PNG needs a converter that is not installed",
            fix="Install vl-convert-python, or write .svg, which every browser shows.",
        ) from missing
    picture: bytes = converter.svg_to_png(svg(answer, route), scale=scale)
    return picture


def dot(answer: RouteAnswer, route: Route) -> str:
    """The route as DOT text."""
    boxes, lines = layout(route, answer.target, answer.book)
    names = {box.credential: f"n{at}" for at, box in enumerate(boxes)}
    parts = ["digraph route {", "  rankdir=LR;", '  node [shape=box, style="rounded,filled"];']
    for box in boxes:
        label = _dot_text(f"{answer.book.label(box.credential)}\n{_facts(answer.book, box)}")
        fill, edge = _LOOK["target" if box.is_target else box.role]
        parts.append(f'  {names[box.credential]} [label={label}, fillcolor="{fill}", color="{edge}"];')
    for line in lines:
        style = "dashed" if line.is_dashed else "dotted" if line.beside else "solid"
        turned = ", dir=none" if line.beside == "must" else ""
        mark = ', label="recognised"' if line.is_recognition else ""
        parts.append(f"  {names[line.part]} -> {names[line.whole]} [style={style}{mark}{turned}];")
    return "\n".join([*parts, "}"]) + "\n"


def _dot_text(text: str) -> str:
    lines = ("".join(m for m in line if m.isprintable()) for line in text.split("\n"))
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'


def _clean(text: str) -> str:
    """One line of characters that XML allows."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"
