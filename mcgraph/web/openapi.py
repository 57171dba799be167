"""The OpenAPI 3.1 document, made from the headers of the questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgraph import __version__
from mcgraph.queries.facets import FACETS, NOT_STATED, TITLE
from mcgraph.queries.library import NamedQuestion, library
from mcgraph.queries.parameters import Parameter

if TYPE_CHECKING:
    from mcgraph.web.site import Site

_TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "date": {"type": "string", "examples": ["2026-03-31", "today"]},
}
_TEXT = {"schema": {"type": "string"}}
_TABLES = {
    "application/json": {"schema": {"$ref": "#/components/schemas/Answer"}},
    "text/csv": _TEXT,
    "text/tab-separated-values": _TEXT,
    "text/html": _TEXT,
    "application/vnd.apache.parquet": {"schema": {"type": "string", "contentEncoding": "binary"}},
}
_RESULTS = {
    "application/sparql-results+json": {"schema": {"type": "object"}},
    "application/sparql-results+xml": _TEXT,
    "text/csv": _TEXT,
    "text/tab-separated-values": _TEXT,
    "text/turtle": _TEXT,
    "application/n-triples": _TEXT,
    "application/rdf+xml": _TEXT,
    "application/ld+json": {"schema": {}},
}


def document(base: str, site: Site) -> dict[str, Any]:
    """The whole document for the site at `base`."""
    limits = site.limits
    return {
        "openapi": "3.1.0",
        "info": {
            "title": site.settings.title,
            "version": __version__,
            "summary": "Questions about microcredentials, with answers one can reproduce and cite.",
            "description": f"A query may run {limits.query_seconds} s and give {limits.rows_returned:,} rows; "
            "an answer that was cut says so (`truncated`, and the header `X-Truncated`).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "paths": {
            "/sparql": {"get": _sparql_get(), "post": _sparql_post()},
            "/credentials": {"get": _credentials()},
            "/search": {"get": _search()},
            **{f"/api/q/{name}": {"get": _question(question)} for name, question in library().items()},
        },
        "components": {"schemas": {"Answer": _ANSWER, "Problem": _PROBLEM}},
    }


def _question(question: NamedQuestion) -> dict[str, Any]:
    return {
        "operationId": question.name,
        "summary": question.summary,
        "description": f"{question.question} {question.description}",
        "tags": [question.group],
        "parameters": [*(_parameter(parameter) for parameter in question.parameters), *_SHARED],
        "responses": _responses(_TABLES),
    }


def _credentials() -> dict[str, Any]:
    filters = [facet.parameter("") for facet in FACETS]
    of_facets = [
        _parameter(one) | {"description": f"{one.label} ({one.type}, or «{NOT_STATED}»)"} for one in filters
    ]
    return {
        "operationId": "credentials",
        "summary": "Credentials by filters, with the number of credentials behind each value",
        "description": "All filters hold at once. JSON has the `total`, and under `facets` the values of each property "
        "with their numbers; other forms have the list. The header `X-Total-Count` has the total.",
        "tags": ["browse"],
        "parameters": [*of_facets, _parameter(TITLE), *_SHARED],
        "responses": _responses(_TABLES),
    }


def _search() -> dict[str, Any]:
    told = {
        "q": "words of a label; a typing error is forgiven",
        "lang": "only labels in this language, a tag such as de",
        "kind": "only things of this class, such as Credential",
        "limit": "most things given",
    }
    schema = {"limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 20}}
    return {
        "operationId": "search",
        "summary": "Things by their labels, in all languages",
        "tags": ["browse"],
        "parameters": [
            {"name": name, "in": "query", "required": name == "q", "description": why,
             "schema": schema.get(name, {"type": "string"})}
            for name, why in told.items()
        ],
        "responses": _responses({form: _TABLES[form] for form in ("application/json", "text/csv", "text/html")}),
    }  # fmt: skip


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(_TYPES.get(parameter.type, {"type": "string"}))
    if parameter.among:
        schema["enum"] = list(parameter.among)
    if parameter.default is not None:
        schema["default"] = _value(parameter.default, schema["type"])
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": f"{parameter.label or parameter.name} ({parameter.type})",
        "schema": schema,
    }


def _value(text: str, kind: str) -> str | int | float:
    if kind == "integer":
        return int(text)
    return float(text) if kind == "number" else text


_SHARED = [
    {
        "name": "format",
        "in": "query",
        "required": False,
        "description": "the form of the answer, instead of the Accept header",
        "schema": {"type": "string", "enum": ["json", "csv", "tsv", "parquet", "html", "md"]},
    },
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "most rows",
        "schema": {"type": "integer", "minimum": 1},
    },
]


def _responses(content: dict[str, Any]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told = {
        "400": "what was asked cannot be meant",
        "406": "none of the wanted forms can be given",
        "422": "the query went over its budget of time, memory or length of the answer",
        "503": "too many queries are waiting; ask again after Retry-After",
    }
    return {
        "200": {"description": "the answer", "content": content, "headers": _HEADERS},
        **{status: {"description": why, "content": problem} for status, why in told.items()},
    }


_HEADERS = {
    "X-Mcgraph-Snapshot": {"description": "the snapshot that was asked", "schema": {"type": "string"}},
    "Cache-Status": {
        "description": "`mcgraph; hit` where this answer was given before on the same snapshot (RFC 9211)",
        "schema": {"type": "string"},
    },
    "X-Truncated": {"description": "`true` where the answer was cut", "schema": {"type": "string"}},
    "X-Mcgraph-Limit": {"description": "the limit that was hit", "schema": {"type": "string"}},
}
_DATASET = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "description": why,
        "schema": {"type": "array", "items": {"type": "string", "format": "iri"}},
    }
    for name, why in (
        ("default-graph-uri", "stored graphs that make the default graph"),
        ("named-graph-uri", "stored graphs that GRAPH may name"),
    )
]


def _sparql_get() -> dict[str, Any]:
    query = {
        "name": "query",
        "in": "query",
        "required": False,
        "description": "SELECT, ASK, CONSTRUCT or DESCRIBE; without it the service describes itself",
        "schema": {"type": "string"},
    }
    return {
        "operationId": "sparql",
        "summary": "SPARQL 1.1 Protocol: query by GET",
        "tags": ["SPARQL"],
        "parameters": [query, *_DATASET],
        "responses": _responses(_RESULTS),
    }


def _sparql_post() -> dict[str, Any]:
    form = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    return {
        "operationId": "sparql-post",
        "summary": "SPARQL 1.1 Protocol: query by POST",
        "tags": ["SPARQL"],
        "parameters": _DATASET,
        "requestBody": {
            "required": True,
            "content": {
                "application/sparql-query": _TEXT,
                "application/x-www-form-urlencoded": {"schema": form},
            },
        },
        "responses": _responses(_RESULTS),
    }


_ANSWER = {
    "type": "object",
    "description": "W3C SPARQL 1.1 results with what the answer rests on",
    "required": ["head", "coverage", "snapshot", "query", "parameters", "truncated"],
    "properties": {
        "head": {"type": "object"},
        "results": {"type": "object"},
        "boolean": {"type": "boolean"},
        "coverage": {"type": ["object", "null"], "description": "total, known, unknown, and why"},
        "snapshot": {"type": "string"},
        "query": {"type": "string"},
        "parameters": {"type": "object"},
        "versions": {"type": "object"},
        "evidence": {"type": "array"},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "truncated": {"type": "boolean"},
        "limit": {"type": "string"},
        "citation": {"type": "string"},
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "properties": {
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string", "description": "what to do"},
        "code": {"type": "string"},
        "limit": {"type": "string", "description": "the limit that was hit"},
    },
}
