"""What a query text must be before any engine sees it; the rules live on the ground floor, for validation too."""

from mcgraph.model.query_guard import (
    CHAIN,
    DEPTH,
    bare_text,
    check,
    declared_prefixes,
    decode,
    from_graphs,
    holds_service,
    masked,
    question_form,
)

__all__ = [
    "CHAIN",
    "DEPTH",
    "bare_text",
    "check",
    "declared_prefixes",
    "decode",
    "from_graphs",
    "holds_service",
    "masked",
    "question_form",
]
