"""The text of docs/questions.md; write it anew with `python -m mcgraph.queries.listing > docs/questions.md`."""

from __future__ import annotations

import sys

from mcgraph.queries.library import library

HEAD = """# Questions

Generated from the headers of `queries/*.rq`; do not edit. Ask one with `mcgraph query NAME -p name=value`, see its
SPARQL with `mcgraph query --show NAME`. The number is that of the competency question it answers.
"""


def listing() -> str:
    """Every question with its meaning and parameters, as Markdown."""
    parts = [HEAD]
    for question in library().values():
        parts.append(f"## {question.name}\n\n{question.number}. **{question.question}** {question.description}\n")
        for p in question.parameters:
            need = "needed" if p.required else f"default `{p.default}`" if p.default else "optional"
            parts.append(f"- `{p.name}` ({p.type}, {need}): {p.label}")
        parts.append("" if question.parameters else "No parameters.\n")
        parts.append(f"Tags: {', '.join(question.tags)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(listing())
