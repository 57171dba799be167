"""A route as a drawing: our own small layered layout as SVG, and DOT text for Graphviz.

Columns go from left to right: what is held, then each layer of steps, the target last. The same route always
gives the same bytes. Nothing is said by colour alone: every box bears its role in words. Solid lines are
stacking and prerequisites, dashed lines recognitions and inferred rules. Labels are other people's text and
are escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from mcgraph.pathways.route import Route, RouteAnswer
from mcgraph.pathways.rulebook import RuleBook

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 210, 64, 70, 22, 24
_FILL = {
    "held": "#e7e7e7",
    "take": "#dcebfa",
    "stack": "#ffffff",
    "recognise": "#f6ecdb",
    "target": "#d9f0dc",
}
_ROLE = {"held": "held", "take": "to take", "stack": "awarded on parts", "recognise": "by recognition"}


@dataclass(frozen=True, slots=True)
class Box:
    """One credential of the drawing."""

    credential: str
    role: str
    is_target: bool
    column: int
    row: int

    @property
    def x(self) -> int:
        """Left edge."""
        return MARGIN + self.column * (WIDTH + GAP_X)

    @property
    def y(self) -> int:
        """Upper edge, below the title line."""
        return MARGIN + 30 + self.row * (HEIGHT + GAP_Y)


@dataclass(frozen=True, slots=True)
class Line:
    """A part and the credential that counts it."""

    part: str
    whole: str
    is_dashed: bool


def layout(route: Route, target: str) -> tuple[tuple[Box, ...], tuple[Line, ...]]:
    """Boxes in columns, each ordered by the mean row of what its boxes rest on, and the lines between."""
    kinds = {step.credential: step for step in route.steps}
    lines = [
        Line(
            part,
            step.credential,
            step.kind == "recognise" or any(e.claim == "inferred" for e in step.evidence),
        )
        for step in route.steps
        for part in dict.fromkeys(member for state in step.groups for member in state.counted)
    ]
    column = {line.part: 0 for line in lines if line.part not in kinds}
    column |= {step.credential: step.layer for step in route.steps}
    column.setdefault(target, 0)
    rests_on: dict[str, list[str]] = {}
    for line in lines:
        rests_on.setdefault(line.whole, []).append(line.part)
    row: dict[str, int] = {}
    boxes = []
    for place in sorted(set(column.values())):

        def rank(one: str) -> tuple[float, str]:
            rows = [row[part] for part in rests_on.get(one, ()) if part in row]
            return (sum(rows) / len(rows) if rows else 0.0, one)

        for at, one in enumerate(sorted((c for c, p in column.items() if p == place), key=rank)):
            row[one] = at
            role = kinds[one].kind if one in kinds else "held"
            boxes.append(Box(one, role, one == target, place, at))
    return tuple(boxes), tuple(lines)


def svg(answer: RouteAnswer, route: Route) -> str:
    """The route as one SVG document, with a title and a description that a screen reader tells."""
    boxes, lines = layout(route, answer.target)
    width = max(box.x for box in boxes) + WIDTH + MARGIN
    height = max(box.y for box in boxes) + HEIGHT + MARGIN
    place = {box.credential: box for box in boxes}
    title = _clean(f"A route to {answer.book.label(answer.target)}")
    told = " ".join(f"{step.number}. {step.text}." for step in route.steps) or "Nothing is left to do."
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}"'
        ' role="img" aria-labelledby="route-title route-desc" font-family="sans-serif" font-size="13">',
        f'<title id="route-title">{escape(title)}</title>',
        f'<desc id="route-desc">{escape(_clean(told))}</desc>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"'
        ' orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#444"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{MARGIN}" y="{MARGIN + 4}" font-size="15" font-weight="bold">{escape(_cut(title, 80))}</text>',
        *(_line(place[line.part], place[line.whole], line.is_dashed) for line in lines),
        *(_box(answer.book, box) for box in boxes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _line(part: Box, whole: Box, dashed: bool) -> str:
    x1, y1 = part.x + WIDTH, part.y + HEIGHT // 2
    x2, y2 = whole.x, whole.y + HEIGHT // 2
    middle = (x1 + x2) // 2
    dash = ' stroke-dasharray="6 4"' if dashed else ""
    path = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
    return f'<path d="{path}" fill="none" stroke="#444"{dash} marker-end="url(#tip)"/>'


def _box(book: RuleBook, box: Box) -> str:
    label = _clean(book.label(box.credential))
    fill = _FILL["target" if box.is_target else box.role]
    heavy = 3 if box.is_target else 1
    return (
        f"<g><title>{escape(label)}</title>"
        f'<rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{fill}"'
        f' stroke="#444" stroke-width="{heavy}"/>'
        f'<text x="{box.x + 10}" y="{box.y + 26}">{escape(_cut(label, 28))}</text>'
        f'<text x="{box.x + 10}" y="{box.y + 48}" font-size="11" fill="#333">'
        f"{escape(_facts(book, box))}</text></g>"
    )


def _facts(book: RuleBook, box: Box) -> str:
    one = book.credential(box.credential)
    facts = ["target, " + _ROLE[box.role] if box.is_target else _ROLE[box.role]]
    facts += [f"EQF {one.level}"] if one.level else []
    facts += [f"{one.credits.normalize():f} credits"] if one.credits is not None else []
    return _cut(" · ".join(facts), 36)


def dot(answer: RouteAnswer, route: Route) -> str:
    """The route as DOT text."""
    boxes, lines = layout(route, answer.target)
    names = {box.credential: f"n{at}" for at, box in enumerate(boxes)}
    parts = ["digraph route {", "  rankdir=LR;", '  node [shape=box, style="rounded,filled"];']
    for box in boxes:
        label = _dot_text(f"{answer.book.label(box.credential)}\n{_facts(answer.book, box)}")
        fill = _FILL["target" if box.is_target else box.role]
        parts.append(f'  {names[box.credential]} [label={label}, fillcolor="{fill}"];')
    for line in lines:
        style = "dashed" if line.is_dashed else "solid"
        parts.append(f"  {names[line.part]} -> {names[line.whole]} [style={style}];")
    return "\n".join([*parts, "}"]) + "\n"


def _dot_text(text: str) -> str:
    lines = ("".join(m for m in line if m.isprintable()) for line in text.split("\n"))
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'


def _clean(text: str) -> str:
    """One line of characters that XML allows."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"
