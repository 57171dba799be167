"""What a text names in a store of any size, as the whole book would take it: or that only the whole book can tell.

`names.find_credential` looks through every credential of a book. Here the same is asked of a few columns, so that a
question about a large store reads only what lies around what it names. Whatever is not plain is left to the whole book:
then answers and refusals are those of a small store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property

import polars as pl

from mcgraph.model.namespaces import MC, RDF_TYPE
from mcgraph.model.terms import fold, fold_column, is_safe_iri
from mcgraph.pathways.columns import first, pairs_of, typed
from mcgraph.pathways.rule import RowSource

_CREDENTIALS = tuple(MC + name for name in ("Credential", "Qualification", "Microcredential"))
_STATEMENTS = tuple(MC + name for name in ("StackingRule", "RecognitionStatement"))
_BODIES = tuple(MC + name for name in ("Organisation", "RespondentGroup"))
# What these name is in a whole book also where no source describes it.
_NAMING = ("groupMember", "stackingWhole", "recognisedCredential", "recognisedTowards")


class KnownNames:
    """What texts name; each look-up gives an IRI, "" where the text names nothing, None where it is not plain."""

    def __init__(self, graph: RowSource) -> None:
        self._graph = graph
        self._source = pairs_of(graph)

    def credential(self, text: str) -> str | None:
        """The credential of this IRI, identifier (exact, then in any case) or title, as `names.find_credential`."""
        wanted = text.strip()
        if self._is_described(wanted):
            return wanted
        ids = self._ids
        for found in (
            ids.filter(pl.col("s") == wanted),
            ids.filter(pl.col("id") == wanted),
            ids.filter(_in_any_case(ids.get_column("id"), wanted)),
        ):
            if len(found):
                return found.item(0, "s") if len(found) == 1 and found.item(0, "described") else None
        titles = self._titles
        titled = titles.filter(pl.col("folded") == fold(wanted)).get_column("s").unique().to_list()
        if not titled:
            return ""
        return titled[0] if len(titled) == 1 and fold(self._shown_title(titled[0])) == fold(wanted) else None

    def statement(self, text: str) -> str | None:
        """The stacking rule or recognition of this IRI or last part of it, as `names.find_statement`."""
        wanted = text.strip()
        subjects = self._statements
        if wanted in subjects:
            return wanted
        return _only(subjects.filter(_in_any_case(_last_part(subjects), wanted)))

    def body(self, text: str) -> str | None:
        """The body of this IRI or last part of it."""
        bodies = self._bodies
        return _only(bodies.filter((bodies == text) | (_last_part(bodies) == text)))

    def declaring(self, whole: str) -> list[str]:
        """The credentials that say of themselves that they stack into a whole."""
        if not is_safe_iri(whole):
            return []
        rows = self._graph.rows(f"SELECT DISTINCT ?s WHERE {{ ?s <{MC}declaredStackingTarget> <{whole}> }}")
        return sorted(row[0] for row in rows if row[0])

    def _is_described(self, iri: str) -> bool:
        """Asked of the index, so that an IRI costs no look at the columns."""
        if ":" not in iri or not is_safe_iri(iri):
            return False
        return any(row[0] in _CREDENTIALS for row in self._graph.rows(f"SELECT ?c WHERE {{ <{iri}> a ?c }}"))

    @cached_property
    def _types(self) -> pl.DataFrame:
        return self._source.pairs(RDF_TYPE)

    @cached_property
    def _described(self) -> pl.DataFrame:
        return typed(self._types, _CREDENTIALS)

    @cached_property
    def _ids(self) -> pl.DataFrame:
        """Every credential (`s`) with the identifier (`id`) it has in a book, and whether a source describes it."""
        said = first(self._source, MC + "identifier", "id")
        known = self._described.join(said, on="s", how="left").with_columns(described=pl.lit(value=True))
        named = pl.concat([self._source.pairs(MC + name).select(s="o") for name in _NAMING]).unique()
        bare = named.join(self._described, on="s", how="anti")
        bare = bare.with_columns(id=pl.lit(None, pl.String), described=pl.lit(value=False))
        every = pl.concat([known, bare])
        return every.with_columns(id=pl.coalesce("id", _last_part(every.get_column("s"))))

    @cached_property
    def _titles(self) -> pl.DataFrame:
        titles = self._source.pairs(MC + "title").join(self._described, on="s", how="semi").filter(pl.col("o") != "")
        return titles.with_columns(folded=fold_column(titles.get_column("o")))

    @cached_property
    def _statements(self) -> pl.Series:
        said = pl.concat([self._source.pairs(MC + name).select("s") for name in ("stackingWhole", "recognisedTowards")])
        return said.unique().join(typed(self._types, _STATEMENTS), on="s", how="semi").get_column("s")

    @cached_property
    def _bodies(self) -> pl.Series:
        named = [self._source.pairs(MC + name).select(s="o") for name in ("awardedBy", "providedBy")]
        return pl.concat([*named, typed(self._types, _BODIES)]).unique().get_column("s")

    def _shown_title(self, iri: str) -> str:
        """The title that a book shows: texts in other languages name nothing there."""
        from mcgraph.pathways.read import titles_of

        rows = self._graph.rows(f"SELECT DISTINCT ?t (LANG(?t) AS ?l) WHERE {{ <{iri}> <{MC}title> ?t }}")
        return titles_of(((iri, *row) for row in rows), "en").get(iri, "")


def around_names(
    known: KnownNames, texts: Iterable[str], dated: Callable[[str], tuple[str, str]], new: Collection[str] = ()
) -> list[str] | None:
    """The credentials that texts name, each one name or several with commas between, with `dated` taking off the day.

    What is `new`, and known to a change alone, is passed over. None where a text is not plain or names nothing: then
    only the whole book can answer or refuse.
    """
    found: list[str] = []
    for text in texts:
        whole = dated(text)[0]
        iri = known.credential(whole)
        parts = [whole]
        if iri == "" and whole.strip() not in new and "," in text:
            parts = [dated(part)[0] for part in text.split(",") if part.strip()]
        for part in parts:
            one = known.credential(part)
            if one is None or (one == "" and part.strip() not in new):
                return None
            found += [one] if one else []
    return found


def _last_part(iris: pl.Series) -> pl.Series:
    return iris.str.extract(r"([^/]*)\z", 1)


def _in_any_case(values: pl.Series, wanted: str) -> pl.Series:
    """Which values are the text in some case; in ASCII small letters are all there is to case."""
    key = wanted.casefold()
    odd = values.str.len_bytes() != values.str.len_chars()
    same = (values.str.to_lowercase() == key) & ~odd
    if odd.any():
        spelled = {one for one in values.filter(odd).unique().to_list() if one.casefold() == key}
        same |= values.is_in(list(spelled))
    return same


def _only(found: pl.Series) -> str | None:
    iris: list[str] = found.to_list()
    return iris[0] if len(iris) == 1 else ("" if not iris else None)
