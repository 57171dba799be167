"""RDF files as batches: the same triples as pyoxigraph reads, with lines; nothing fetched; faults in a sentence."""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from pathlib import Path

import hypothesis.strategies as st
import polars as pl
import pyoxigraph as ox
import pytest
from hypothesis import given, settings

from mcgraph.errors import InputRefused, LimitReached
from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.sources.ntriples import plain_terms
from mcgraph.sources.rdf import read_rdf

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
IRIS = st.sampled_from(["http://e/a", "urn:x:é", "http://e/a?b=c#d", "mailto:a@e"])
NODES = IRIS.map(ox.NamedNode) | st.sampled_from(["b", "c.d", "9"]).map(ox.BlankNode)
LITERALS = st.builds(ox.Literal, WORDS) | st.builds(
    lambda text, tag: ox.Literal(text, language=tag), WORDS, st.sampled_from(["en", "fr-ca"])
) | st.builds(lambda text, iri: ox.Literal(text, datatype=ox.NamedNode(iri)), WORDS, IRIS)  # fmt: skip
TRIPLES = st.lists(st.builds(ox.Triple, NODES, IRIS.map(ox.NamedNode), NODES | LITERALS), max_size=8)


def said(batch: Batch) -> Counter[tuple[str, str, str, str]]:
    """Every triple of a batch as predicate, subject, object, kind."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for c in batch.columns:
        kind = "" if c.kind == "iri" else f"@{c.language}" if c.language else f"^{c.datatype}"
        found.update((c.predicate, s, o, kind) for s, o, _ in c.frame.iter_rows())
    return found


def wanted(text: bytes, form: ox.RdfFormat) -> Counter[tuple[str, str, str, str]]:
    """What pyoxigraph reads."""
    rows = (plain_terms(quad) for quad in ox.parse(text, format=form))
    return Counter((p, s, o, "" if kind == "<" else kind) for p, s, o, kind in rows)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(triples=TRIPLES, gaps=st.lists(st.sampled_from(["", "# a comment", "  ", "\r"]), max_size=4))
def test_ntriples_read_as_pyoxigraph_reads_them(
    triples: list[ox.Triple], gaps: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Escapes, tags, datatypes, blank nodes, repeats, comments: the columns say what the parser says."""
    text = "\n".join([*(f"{t.subject} {t.predicate} {t.object} ." for t in triples), *gaps]).encode()
    file = tmp_path_factory.mktemp("nt") / "a.nt"
    file.write_bytes(text)
    assert said(read_rdf([file], "t")) == wanted(text, ox.RdfFormat.N_TRIPLES)


def test_the_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """Comments and blank lines count; a malformed line is a finding with its number, the others are read."""
    file = tmp_path / "a.nt"
    lines = ["# first", "<http://e/a> <http://e/p> <http://e/b> .", "", "<http://e/a> <http://e/p> .",
             '<http://e/a>\t<http://e/p> "none"@EN.', '<http://e/a> <http://e/p> "\\ud800" .']  # fmt: skip
    file.write_text("\n".join(lines))
    batch = read_rdf([file], "t")
    rows = {c.language or c.kind: c.frame.get_column("row").to_list() for c in batch.columns}
    assert rows == {"iri": [2], "en": [5]}
    assert [(f.code, f.where.line) for f in batch.findings] == [("FILE-RDF-001", 4), ("FILE-RDF-001", 6)]


def test_ten_thousand_odd_literals_survive_byte_for_byte(tmp_path: Path) -> None:
    """rdflib would make «none»^^boolean a «false»; nothing may be rewritten before it is checked."""
    texts = [f"0{i}.50E{i}" if i % 2 else f" nOne {i}\t" for i in range(10_000)]
    kinds = ["boolean", "date", "decimal", "integer"]
    file = tmp_path / "a.nt"
    with file.open("w") as out:
        for i, text in enumerate(texts):
            quoted = text.replace("\t", "\\t")
            out.write(f'<http://e/{i}> <http://e/p> "{quoted}"^^<http://www.w3.org/2001/XMLSchema#{kinds[i % 4]}> .\n')
    found = {s: o for c in read_rdf([file], "t").columns for s, o, _ in c.frame.iter_rows()}
    assert found == {f"http://e/{i}": text for i, text in enumerate(texts)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", "<http://e/s> <http://e/p> 'x'@en, 01 , _:b ."),
        ("a.trig", "<http://e/g> { <http://e/s> <http://e/p> [ <http://e/q> 1.50 ] }"),
        ("a.nq", "<http://e/s> <http://e/p> \"x y\"@en <http://e/g> .\n<http://e/s> <http://e/p> <http://e/o> _:g ."),
        ("a.jsonld", '{"@id": "http://e/s", "http://e/p": [{"@value": "x", "@language": "en"}, 1]}'),
        ("a.rdf", '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
                  '<rdf:Description rdf:about="http://e/s"><e:p xml:lang="en">x</e:p></rdf:Description></rdf:RDF>'),
    ],
)  # fmt: skip
def test_every_syntax(name: str, text: str, tmp_path: Path) -> None:
    """By the ending of the file; graph names are read over."""
    file = tmp_path / name
    file.write_text(text)
    form = ox.RdfFormat.from_extension(file.suffix[1:])
    assert form is not None
    found = Counter((p, "_" if s[:2] == "_:" else s, "_" if o[:2] == "_:" else o, k)
                    for (p, s, o, k), n in said(read_rdf([file], "t")).items() for _ in range(n))  # fmt: skip
    reference = Counter((p, "_" if s[:2] == "_:" else s, "_" if o[:2] == "_:" else o, k)
                        for (p, s, o, k), n in wanted(text.encode(), form).items() for _ in range(n))  # fmt: skip
    assert found == reference


def test_blank_nodes_of_two_files_are_two(tmp_path: Path) -> None:
    """EDC samples use the same names in every document."""
    files = [tmp_path / "a.nt", tmp_path / "b.nt"]
    for file in files:
        file.write_text("_:x <http://e/p> _:x .\n")
    batch = read_rdf(files, "t")
    assert len({s for c in batch.columns for s in c.frame.get_column("s")}) == 2
    assert all(s == o for c in batch.columns for s, o, _ in c.frame.iter_rows())


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("a.jsonld", '{"@context": "http://127.0.0.1:9/c", "a": 1}', "not fetched"),
        ("a.rdf", '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r/>', "document type"),
        ("a.ttl", "<http://e/s> <http://e/p>\n ; .", "line"),
        ("a.ttl", "<http://e/s> <http://e/p> <<( <http://e/s> <http://e/p> 1 )>> .", "cannot be"),
        ("a.nt", "\udcff", "UTF-8"),
        ("a.nt", "x\n" * 1_500, "malformed"),
        ("gone.nt", None, "cannot be read"),
    ],
)
def test_what_is_refused_is_refused_in_a_sentence(name: str, text: str | None, word: str, tmp_path: Path) -> None:
    """No context, entity or file is fetched, and no traceback reaches anybody."""
    if text is not None:
        (tmp_path / name).write_text(text, errors="surrogateescape")
    with pytest.raises(InputRefused, match=word):
        read_rdf([tmp_path / name], "t")


def test_a_file_above_the_bound_is_a_limit(tmp_path: Path) -> None:
    """Exit 4, before it is read."""
    (tmp_path / "a.nt").write_text("# longer than ten bytes\n")
    with pytest.raises(LimitReached):
        read_rdf([tmp_path / "a.nt"], "t", limits=Limits(rdf_file_bytes=10))


MIXED = [
    "<http://e.org/a> <http://e.org/p> <http://e.org/b> .", "<http://e.org/a> <http://e.org/p> _:b1 .",
    "_:b1 <http://e.org/p> <http://e.org/b>.", '<http://e.org/a> <http://e.org/p> "plain" .',
    '<http://e.org/a> <http://e.org/p> "with \\"quotes\\" and \\n" .', '<http://e.org/a> <http://e.org/p> "é"@fr .',
    '<http://e.org/a> <http://e.org/p> "x"@en .', '<http://e.org/a> <http://e.org/p> "x"@en-gb .',
    '<http://e.org/a> <http://e.org/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .',
    '<http://e.org/a> <http://e.org/p> "a . b \\u0041"^^<http://e.org/t> .', '<http://e.org/a> <http://e.org/q> "" .',
    '<http://e.org/a> <http://e.org/q> "\\\\" .', '<http://e.org/a> <http://e.org/q> "no end .',
    '<http://e.org/a> <http://e.org/q> "two" "texts" .', "<http://e.org/a> <relative> <http://e.org/b> .",
    "<http://e.org/a b> <http://e.org/q> <http://e.org/b> .", "<http://e.org/a> <http://e.org/q> <http://e.org/b c> .",
    "<http://e.org/a> <http://e.org/q> <http://e.org/b>", "# a comment", "", "   ", "nonsense",
    '  <http://e.org/a>   <http://e.org/q>\t"spaced"  .  # said', '<http://e.org/a> <http://e.org/q> "\\ud800" .',
    "<http://e.org/\\u0041> <http://e.org/q> <http://e.org/b> .", '"literal" <http://e.org/q> <http://e.org/b> .',
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(MIXED), max_size=25))
def test_lines_cut_by_predicate_say_what_lines_judged_one_by_one_say(chosen: list[str]) -> None:
    """The quick way and pyoxigraph's parser, line by line, give the same triples and the same faults."""
    from mcgraph.sources import ntriples

    lines = pl.DataFrame({"row": range(1, len(chosen) + 1), "l": chosen}, schema={"row": pl.UInt32, "l": pl.String})
    text = "\n".join(chosen).encode()
    blocks = ntriples.read_lines(BytesIO(text + b"\n"), quads=False, where="t")
    quick = next(blocks) if chosen else ntriples.Lines({}, ())
    odd, faults = ntriples._odd_lines(lines, quads=False)
    judged = ntriples.parts_of(odd)
    assert quick.parts.keys() == judged.keys()
    for key, frame in judged.items():
        assert quick.parts[key].sort("row").rows() == frame.select(quick.parts[key].columns).sort("row").rows()
    assert quick.faults == faults
