"""The text of docs/questions.md; write it anew with `python -m mcgraph.queries.listing > docs/questions.md`."""

from __future__ import annotations

import sys

from mcgraph.queries.library import GROUPS, NamedQuestion, library

HEAD = """# Questions

Generated from the headers of `queries/*.rq`; do not edit. Ask one with `mcgraph query NAME -p name=value`, see its
SPARQL with `mcgraph query --show NAME`. A number is that of the competency question of the design it answers.
"""


def listing() -> str:
    """Every question with its meaning and parameters, as Markdown."""
    parts = [HEAD]
    for group in GROUPS:
        parts.append(f"## {group.capitalize()}\n")
        parts += [line for question in library().values() if question.group == group for line in _entry(question)]
    return "\n".join(parts)


def _entry(question: NamedQuestion) -> list[str]:
    number = f" (competency question {question.number})" if question.number else ""
    parts = [f"### {question.name}\n\n**{question.question}**{number} {question.description}\n"]
    for p in question.parameters:
        need = "needed" if p.required else f"default `{p.default}`" if p.default else "optional"
        among = f"; one of {', '.join(p.among)}" if p.among else ""
        parts.append(f"- `{p.name}` ({p.type}, {need}): {p.label}{among}")
    parts.append("" if question.parameters else "No parameters.\n")
    parts.append(f"Tags: {', '.join(question.tags)}\n")
    return parts


if __name__ == "__main__":
    sys.stdout.write(listing())
