"""Credentials by filters: facet, list, exports, page and SPARQL say the number that the spreadsheet says."""

from __future__ import annotations

import csv
import html
import io
import json
import random
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import polars as pl
import pytest

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.namespaces import ID
from mcgraph.queries import ask
from mcgraph.queries.engine import Engine
from mcgraph.queries.facets import FACETS, NOT_STATED, Browsed, browse
from mcgraph.queries.route import FROM_COLUMNS
from mcgraph.queries.writing import write_answer
from mcgraph.store import Graph
from mcgraph.web.app import create_app
from mcgraph.web.settings import Settings
from tests.questions.by_hand.names import european
from tests.questions.by_hand.reading import many, providers, registry

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

Row = dict[str, str]


def _names(row: Row) -> list[str]:
    return [registry().organisations[one]["name"] for one in providers(row)]


# What a row of the spreadsheet says of a facet, in the words a user filters by.
SAYS: dict[str, Callable[[Row], list[str]]] = {
    "provider": _names,
    "country": lambda row: [row["country"]] if row["country"] else [],
    "mode": lambda row: [european("learning-assessment")[one] for one in many(row, "participation_mode")],
}


def filters() -> list[tuple[str, ...]]:
    """Random filters on one to three facets, as `name=value`, each taken from a row; names beyond ASCII first."""
    chance = random.Random(20261129)
    rows = sorted(registry().credentials.values(), key=lambda row: row["id"] if "id" in row else str(row))
    found: dict[tuple[str, ...], bool] = {}
    for _ in range(400):
        row = chance.choice(rows)
        parts = []
        for name in chance.sample(sorted(SAYS), chance.randint(1, 3)):
            said = SAYS[name](row)
            parts.append(f"{name}={chance.choice(said) if said else NOT_STATED}")
        found.setdefault(tuple(sorted(parts)), True)
    return sorted(found, key=lambda one: all(part.isascii() for part in one))[:24]


def fitting(given: dict[str, str]) -> set[str]:
    """The keys of the rows of the spreadsheet that fit."""
    return {
        key
        for key, row in registry().credentials.items()
        if all(value in (SAYS[name](row) or [NOT_STATED]) for name, value in given.items())
    }


@pytest.fixture(scope="module")
def client(demo: tuple[Graph, Engine]) -> Iterator[TestClient]:
    """The endpoint over the demo."""
    with TestClient(create_app(demo[0].path, settings=Settings(hosts=("testserver",)))) as one:
        yield one


def ways_out(found: Browsed, folder: Path) -> set[int]:
    """How many credentials there are by each form of the list."""
    write_answer(found.records, folder / "a.parquet")
    return {
        found.total,
        len(found.records),
        len(list(csv.reader(io.StringIO(found.records.to_csv())))) - 1,
        len(found.to_json()["results"]["bindings"]),
        pl.read_parquet(folder / "a.parquet").height,
    }


def on_the_web(client: TestClient, given: dict[str, str]) -> set[int]:
    """The same by the JSON, the CSV and the page of the endpoint."""
    document = client.get("/credentials", params=given, headers={"accept": "application/json"})
    table = client.get("/credentials", params=given | {"format": "csv"})
    page = client.get("/credentials", params=given, headers={"accept": "text/html"})
    assert document.status_code == table.status_code == page.status_code == 200, document.text
    heading = re.search(r"<h1>([\d,]+) credential", page.text)
    assert heading
    return {
        document.json()["total"],
        int(document.headers["x-total-count"]),
        len(list(csv.reader(io.StringIO(table.text)))) - 1,
        int(heading[1].replace(",", "")),
    }


@pytest.mark.parametrize("wanted", filters(), ids=" ".join)
def test_every_face_says_the_number_of_the_spreadsheet(
    wanted: tuple[str, ...], demo: tuple[Graph, Engine], client: TestClient, tmp_path: Path
) -> None:
    """List, exports, endpoint, page, and the SPARQL that is shown, asked again as a stranger would."""
    graph, engine = demo
    given = dict(part.split("=", 1) for part in wanted)
    expected = fitting(given)
    found = browse(graph, given, engine=engine)
    assert {str(row[0]).rpartition("/")[2] for row in found.records.rows} == expected
    shown = ask(graph, found.count_query + "\n", engine=engine)
    assert ways_out(found, tmp_path) | on_the_web(client, given) | {int(shown.rows[0][0] or 0)} == {len(expected)}


def test_the_filters_are_worth_asking() -> None:
    """Names beyond ASCII, some that nothing states, and each finds something."""
    assert len(filters()) == 24
    assert sum(not all(part.isascii() for part in one) for one in filters()) >= 12
    assert all(fitting(dict(part.split("=", 1) for part in one)) for one in filters())


def test_each_count_is_what_its_choice_gives(demo: tuple[Graph, Engine], client: TestClient) -> None:
    """Of random filters: whoever clicks on a value gets as many credentials as stood beside it, on the page too."""
    graph, engine = demo
    chance = random.Random(5)
    clicked = 0
    for wanted in chance.sample(filters(), 3):
        given = dict(part.split("=", 1) for part in wanted)
        page = client.get("/credentials", params=given, headers={"accept": "text/html"}).text
        links = re.findall(r'<li><a href="/credentials\?([^"]*)">[^<]*</a> <span class="soft">([\d,]+)</span>', page)
        assert links
        for query, number in chance.sample(links, 8):
            choice = dict(parse_qsl(html.unescape(query)))
            assert browse(graph, choice, engine=engine, facets=()).total == int(number.replace(",", "")), choice
            clicked += 1
    assert clicked == 24


def test_known_and_not_stated_are_all(demo: tuple[Graph, Engine]) -> None:
    """Of every facet; what is not stated is a filter like any other."""
    graph, engine = demo
    found = browse(graph, {}, engine=engine)
    assert found.total == len(registry().credentials)
    for counted in found.facets:
        assert 0 < counted.known <= counted.total == found.total
        lacking = browse(graph, {counted.facet.name: NOT_STATED}, engine=engine, facets=())
        assert lacking.total == counted.unknown
    assert any(counted.unknown for counted in found.facets)


def test_the_title_is_searched_in_all_languages(demo: tuple[Graph, Engine]) -> None:
    """Upper and lower case are alike, also beyond ASCII; quotes and SPARQL in it are only text."""
    graph, engine = demo
    titles = [str(row[0]) for row in engine.run("SELECT ?t { ?c a mc:Credential ; mc:title ?t }").rows]
    word = next(word for title in titles for word in title.split() if not word.isascii() and word.lower() != word)
    found = browse(graph, {"title": word.upper()}, engine=engine, facets=())
    assert found.total == len({title for title in titles if word.lower() in title.lower()})
    for hostile in ('"', "\\", "') } #", "?x", "SERVICE <http://x>"):
        assert browse(graph, {"title": hostile}, engine=engine, facets=()).total == sum(
            hostile.lower() in title.lower() for title in titles
        )


def test_columns_count_as_the_index_does(demo: tuple[Graph, Engine]) -> None:
    """The same document, in a store that is large enough for columns."""
    graph, engine = demo
    large = replace(Limits(), columns_from_triples=1)
    for given in ({"level": "5", "title": "care"}, {"form": NOT_STATED, "country": "IE"}):
        small = browse(graph, given, engine=engine).to_json()
        found = browse(graph, given, limits=large)
        assert FROM_COLUMNS in found.records.plan
        assert found.to_json() | {"plan": []} == small | {"plan": []}


def test_a_list_that_is_cut_says_so(demo: tuple[Graph, Engine]) -> None:
    """The number stays that of all."""
    graph, engine = demo
    found = browse(graph, {}, engine=_Few(engine, 10), facets=())
    assert (len(found.records), found.total) == (10, len(registry().credentials))
    assert found.records.truncated
    assert found.records.limit == "rows_returned"


class _Few:
    """An engine that gives few rows."""

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine, self._most = engine, most

    def run(self, text: str, *, rows: int | None = None) -> Any:
        return self._engine.run(text, rows=rows or self._most)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"contry": "IE"}, "Did you mean «country»?"),
        ({"country": "Irland"}, "Did you mean «ireland»?"),
        ({"level": "9"}, "Possible: 1, 2, 3"),
        ({"provider": "Lanternbridge Lerning"}, "Lanternbridge Learning"),
        ({"title": "x" * 2_001}, "characters"),
        ({"form": "id:a b"}, "not a"),
    ],
)
def test_wrong_filters_are_refused_with_what_is_right(
    given: dict[str, str], said: str, demo: tuple[Graph, Engine], client: TestClient
) -> None:
    """By the function, and over HTTP with 400."""
    graph, engine = demo
    with pytest.raises(WrongUse) as refused:
        browse(graph, given, engine=engine)
    assert said in f"{refused.value.message} {refused.value.fix}"
    assert client.get("/credentials", params=given).status_code == 400


def test_values_that_are_no_iri_are_shown_and_are_no_choice(tmp_path: Path) -> None:
    """A register that was stored with its faults: the text stands there as it was written."""
    import pyoxigraph as ox

    from tests.questions.conftest import Folder

    store = ox.Store(str(tmp_path))
    mc = "https://w3id.org/mcgraph/ontology#"
    for number, level in (("1", ox.Literal("Level <b>6")), ("2", ox.NamedNode("http://data.europa.eu/snb/eqf/6"))):
        me = ox.NamedNode(f"{ID}x/credential/{number}")
        store.add(ox.Quad(me, ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
                          ox.NamedNode(mc + "Credential"), ox.NamedNode("urn:g")))  # fmt: skip
        store.add(ox.Quad(me, ox.NamedNode(mc + "eqfLevel"), level, ox.NamedNode("urn:g")))
    store.flush()
    del store
    found = browse(Folder(tmp_path), {}, facets=("level",))
    values = {value.label or value.iri: (value.iri, value.records) for value in found.facets[0].values}
    assert values["Level <b>6"] == ("", 1)
    assert sum(number for _, number in values.values()) == 2 == found.facets[0].known


def test_the_command_says_the_same(demo: tuple[Graph, Engine], mcgraph: Any, tmp_path: Path) -> None:
    """As JSON, as a file and on the terminal; a wrong filter ends with 2."""
    graph, engine = demo
    expected = browse(graph, {"country": "IE", "title": "care"}, engine=engine)
    store = {"MCGRAPH_STORE": str(graph.path)}
    done = mcgraph("search", "care", "-p", "country=IE", "--json", **store)
    assert json.loads(done.stdout) == json.loads(json.dumps(expected.to_json()))
    assert mcgraph("search", "care", "-p", "country=IE", "-o", str(tmp_path / "a.csv"), **store).returncode == 0
    assert len((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()) - 1 == expected.total
    told = mcgraph("search", "--facets", "--limit", "3", **store)
    assert "EQF level (level)" in told.stdout
    assert f"{len(registry().credentials)} credentials · the first 3" in told.stderr
    twice, both = ["x", "-p", "title=y"], ["x", "--facets", "--kind", "Offer"]
    for wrong in (["-p", "contry=IE"], ["-p", "level"], both, [], twice):
        refused = mcgraph("search", *wrong, **store)
        assert refused.returncode == 2, wrong
        assert "Traceback" not in refused.stderr


def test_every_facet_is_named_in_the_help() -> None:
    """And has a name that can stand in an address."""
    from mcgraph.cli.search import command

    for facet in FACETS:
        assert facet.name in " ".join((command.help or "").split())
        assert facet.name.isidentifier()


def test_the_document_has_the_published_form(demo: tuple[Graph, Engine], client: TestClient, root: Path) -> None:
    """docs/contract/facets.schema.json, by the function and over HTTP."""
    import jsonschema
    from referencing import Registry, Resource

    folder = root / "docs" / "contract"
    names = ("answer.schema.json", "query.schema.json", "facets.schema.json")
    documents = [json.loads((folder / name).read_text("utf-8")) for name in names]
    known = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in documents)
    validator = jsonschema.Draft202012Validator(documents[-1], registry=known)
    found = browse(demo[0], {"country": "IE", "level": NOT_STATED}, engine=demo[1]).to_json()
    validator.validate(json.loads(json.dumps(found)))
    validator.validate(client.get("/credentials").json())
    assert not validator.is_valid({name: value for name, value in found.items() if name != "facets"})
