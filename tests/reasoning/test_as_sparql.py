"""The definition as a SPARQL question: made from the ontology, and the same as the compiled rules on random records."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

from mcgraph.errors import RuleBroken
from mcgraph.limits import Limits
from mcgraph.model import bundled
from mcgraph.model.namespaces import GRAPH
from mcgraph.queries import ask, named
from mcgraph.queries.engine import Engine
from mcgraph.reasoning.as_sparql import FILE, body, column, renewed, variable
from mcgraph.reasoning.classify import classify
from mcgraph.reasoning.definition import read_definition
from mcgraph.reasoning.facts import TripleFacts
from tests.reasoning.graphs import random_graph

NAME = FILE.removesuffix(".rq")


@dataclass(frozen=True)
class Folder:
    """A source that can be asked: an index folder and a made-up snapshot."""

    index_path: Path
    snapshot: str = "random"


def test_the_file_is_what_the_ontology_gives() -> None:
    """One idea in one place: a change of the definition changes the question, or this fails."""
    text = bundled.path("queries", FILE).read_text(encoding="utf-8")
    assert renewed(text) == text
    parameters = {one.name: one for one in named(NAME).parameters}
    for one in read_definition().thresholds.values():
        default = parameters[variable(one.name)].default
        assert (default is None) == bool(one.follows), one.name
        assert one.follows or float(default or 0) == float(one.default)


@pytest.mark.parametrize(
    "numbers",
    [{}, {"ects": "30"}, {"ects": "15", "hours": "900"}, {"hours-large": "800"}, {"uk-credits": "240", "ects": "5"}],
    ids=str,
)
def test_the_question_and_the_rules_are_of_one_mind(numbers: dict[str, str], tmp_path: Path) -> None:
    """Every criterion, the label and the verdict of some hundred records, whatever the thresholds."""
    chance = random.Random(str(numbers))
    triples = [triple for at in range(400) for triple in random_graph(chance, f"r{at}")]
    index = ox.Store(str(tmp_path / "index"))
    graph = ox.NamedNode(GRAPH + "source/random")
    index.extend(ox.Quad(one.subject, one.predicate, one.object, graph) for one in triples)
    index.flush()
    del index
    found = classify(TripleFacts(triples), thresholds=numbers)
    names = [column(one.criterion.iri) for one in found.columns]
    frame = found.frame()
    rules = {
        row["credential"]: {
            "isLabelled": "yes" if row["labelled"] else "no", "isMicrocredential": row["verdict"],
            **{name: row[one.criterion.name] for name, one in zip(names, found.columns, strict=True)},
        }
        for row in frame.iter_rows(named=True)
    }  # fmt: skip
    given = {variable(name): number for name, number in numbers.items()}
    with Engine(tmp_path / "index", Limits()) as engine:
        answer = ask(Folder(tmp_path / "index"), NAME, given, engine=engine)
    assert len(answer) == len(rules) == 400
    for row in answer.records():
        own = rules[str(row["credential"])]
        asked = {name: value for name, value in row.items() if name in own}
        assert asked == {name: own[name] for name in asked}, row["credential"]
    assert {"isLabelled", "isMicrocredential", "volumeIsSmall"} <= set(asked)
    assert len({row["isMicrocredential"] for row in answer.records()}) == 3, "a test of one verdict says little"


def test_a_definition_that_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    """Nothing is left out in silence: quality assurance, which looks at other records, is not said this way."""
    for path in bundled.path("ontology").glob("*.ttl"):
        text = path.read_text(encoding="utf-8")
        if path.name == "definition.ttl":
            before = "            mc:VolumeIsSmall\n"
            assert before in text
            text = text.replace(before, before + "            mc:HasQualityAssurance\n", 1)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(RuleBroken, match="cannot be asked in SPARQL"):
        body(read_definition(folder=tmp_path))
