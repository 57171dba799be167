"""Who covers which skills: green and digital shares, occupations with uncovered skills, credentials that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import polars as pl

from mcgraph import __version__
from mcgraph.errors import WrongUse
from mcgraph.model.answer import IRI_TYPE, STRING_TYPE, Answer, Coverage
from mcgraph.model.namespaces import MC, SKOS, XSD
from mcgraph.reasoning.definition import CREDENTIAL

if TYPE_CHECKING:
    from mcgraph.reasoning.classify import Classification
    from mcgraph.reasoning.facts import Facts

By = Literal["credential", "occupation", "alike"]
_ESCO = "http://data.europa.eu/esco/"
_COLLECTIONS = {"green": _ESCO + "concept-scheme/green", "digital": _ESCO + "concept-scheme/digital"}
_NEEDS = (
    (MC + "skill", "related"),
    (_ESCO + "model#relatedEssentialSkill", "essential"),
    (_ESCO + "model#relatedOptionalSkill", "optional"),
)
_NUMBER, _DECIMAL = XSD + "integer", XSD + "decimal"
_NAMED = 8


def covered(facts: Facts, found: Classification) -> pl.DataFrame:
    """The skills of each credential: s, o. What an accepted link states counts like what a source states."""
    rows = facts.column(MC + "skill").filter(pl.col("kind") == "iri").select("s", "o")
    return rows.filter(pl.col("s").is_in(found.iris.implode())).unique(maintain_order=True)


def by_credential(facts: Facts, found: Classification, most: int) -> Answer:
    """Per credential with skills: how many, and which share is green or digital by the collections that are loaded."""
    skills = covered(facts, found)
    frame = skills.group_by("s").len("skills")
    for name, collection in _COLLECTIONS.items():
        inside = skills.filter(pl.col("o").is_in(_members(facts, collection).implode())).group_by("s").len(name)
        frame = frame.join(inside, on="s", how="left").with_columns(pl.col(name).fill_null(0))
    frame = frame.sort("s")
    titles = _titles(facts, frame.head(most).get_column("s"))
    # Without its collection nothing is known of a kind: 0 would say that there is none.
    loaded = {name for name, collection in _COLLECTIONS.items() if not _members(facts, collection).is_empty()}
    rows = [
        (s, titles.get(s, ""), str(n), *_counted("green" in loaded, g, n), *_counted("digital" in loaded, d, n))
        for s, n, g, d in frame.head(most).select("s", "skills", "green", "digital").iter_rows()
    ]
    columns = ("credential", "title", "skills", "green", "green_share", "digital", "digital_share")
    kinds = (IRI_TYPE, STRING_TYPE, _NUMBER, _NUMBER, _DECIMAL, _NUMBER, _DECIMAL)
    warnings = tuple(
        f"no collection of {name} skills is loaded, so that it is not known which are {name}"
        for name in _COLLECTIONS
        if name not in loaded
    )
    return _answer(found, "skills-by-credential", columns, rows, kinds, frame.height, frame.height, warnings)


def _counted(loaded: bool, inside: int, skills: int) -> tuple[str | None, str | None]:
    return (str(inside), f"{inside / skills:.3f}") if loaded else (None, None)


def by_occupation(facts: Facts, found: Classification, most: int) -> Answer:
    """Per occupation: how many of its skills some microcredential has, and which ones none has.

    A microcredential is what is one by definition, whatever it is called.
    """
    occupations = facts.typed([MC + "Occupation"]).get_column("s").unique()
    if occupations.is_empty():
        raise WrongUse("there are no occupations here", fix="Load them: `mcgraph load path/to/esco --mapping esco`.")
    needs = pl.concat(
        [
            facts.column(predicate).select("s", "o", pl.lit(kind).alias("relation"), pl.lit(at).alias("order"))
            for at, (predicate, kind) in enumerate(_NEEDS)
        ]
    ).filter(pl.col("s").is_in(occupations.implode()))
    needs = needs.sort("s", "o", "order", descending=[False, False, True]).unique(["s", "o"], keep="first")
    micro = found.iris.filter(pl.Series(found.truth.yes))
    skills = covered(facts, found)
    have = skills.filter(pl.col("s").is_in(micro.implode())).get_column("o").unique()
    told = needs.with_columns(pl.col("o").is_in(have.implode()).alias("has")).sort("s", "o")
    names = _titles(facts, pl.concat([occupations, needs.get_column("o").unique()]))
    rows = []
    for (occupation,), part in told.partition_by("s", as_dict=True, maintain_order=True).items():
        lacking = part.filter(~pl.col("has")).get_column("o").to_list()
        named = ", ".join(sorted(names.get(one, one) for one in lacking)[:_NAMED])
        more = f" … (+{len(lacking) - _NAMED})" if len(lacking) > _NAMED else ""
        essential = part.filter(pl.col("relation") == "essential").height
        count = part.height - len(lacking)
        rows.append(
            (str(occupation), names.get(str(occupation), ""), str(part.height), str(essential), str(count),
             str(len(lacking)), named + more)
        )  # fmt: skip
    columns = ("occupation", "title", "skills", "essential", "with_microcredential", "without", "lacking")
    kinds = (IRI_TYPE, STRING_TYPE, _NUMBER, _NUMBER, _NUMBER, _NUMBER, STRING_TYPE)
    return _answer(found, "skills-by-occupation", columns, rows[:most], kinds, len(rows), skills["s"].n_unique())


def alike(facts: Facts, found: Classification, most: int, overlap: float) -> Answer:
    """Pairs of credentials of different providers that share skills: common ones divided by all of both.

    A skill that a thousand credentials have would pair them all and says little: such skills count in the shares but
    start no pair. Raises `WrongUse` where `overlap` is not above 0 and at most 1.
    """
    if not 0 < overlap <= 1:
        raise WrongUse("the least overlap lies between 0 and 1")
    skills = covered(facts, found)
    sizes = dict(skills.group_by("s").len().iter_rows())
    rare = skills.filter(pl.len().over("o") <= _COMMON)
    pairs = rare.join(rare, on="o", suffix="_other").filter(pl.col("s") < pl.col("s_other"))
    pairs = pairs.select("s", "s_other").unique()
    both = pairs.join(skills, on="s").join(skills.rename({"s": "s_other"}), on=["s_other", "o"])
    counted = both.group_by("s", "s_other").len("common").sort("s", "s_other")
    provider = dict(facts.column(MC + "providedBy").sort("s", "o").select("s", "o").iter_rows())
    rows = []
    for one, other, common in counted.iter_rows():
        share = common / (sizes[one] + sizes[other] - common)
        same = provider.get(one) is not None and provider.get(one) == provider.get(other)
        if share >= overlap and not same:
            rows.append((one, other, common, share))
    rows.sort(key=lambda row: (-row[3], -row[2], row[0], row[1]))
    titles = _titles(facts, pl.Series([iri for row in rows[:most] for iri in row[:2]], dtype=pl.String))
    told = [(a, titles.get(a, ""), b, titles.get(b, ""), str(n), f"{share:.3f}") for a, b, n, share in rows[:most]]
    columns = ("credential", "title", "other", "other_title", "common", "share")
    kinds = (IRI_TYPE, STRING_TYPE, IRI_TYPE, STRING_TYPE, _NUMBER, _DECIMAL)
    frequent = skills.filter(pl.len().over("o") > _COMMON).get_column("o").n_unique()
    warnings = (f"{frequent:,} skills that more than {_COMMON:,} credentials have start no pair",) if frequent else ()
    return _answer(found, "skills-alike", columns, told, kinds, len(rows), len(sizes), warnings)


_COMMON = 1_000


def _members(facts: Facts, collection: str) -> pl.Series:
    """The skills of a collection, by scheme or membership."""
    by_scheme = facts.column(SKOS + "inScheme").filter(pl.col("o") == collection).get_column("s")
    by_member = facts.column(SKOS + "member").filter(pl.col("s") == collection).get_column("o")
    return pl.concat([by_scheme, by_member]).unique()


def _titles(facts: Facts, iris: pl.Series) -> dict[str, str]:
    rows = facts.column(MC + "title").filter(pl.col("s").is_in(iris.unique().implode()))
    ranked = rows.sort("s", pl.col("lang") != "en", "lang", "o").unique("s", keep="first")
    return dict(ranked.select("s", "o").iter_rows())


def _answer(
    found: Classification,
    name: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str | None, ...]],
    kinds: tuple[str, ...],
    total: int,
    known: int,
    warnings: tuple[str, ...] = (),
) -> Answer:
    size = len(found)
    return Answer(
        columns=columns,
        rows=tuple(rows),
        types=tuple(tuple("" if cell is None else kind for cell, kind in zip(row, kinds, strict=True)) for row in rows),
        coverage=Coverage(size, min(known, size), CREDENTIAL.rsplit("/", 1)[-1].replace("ontology#", "mc:"),
                          {"no skill": size - min(known, size)}),
        snapshot=found.snapshot,
        name=name,
        query="counted over the skills of credentials, those of accepted links included",
        parameters={one.name: f"{one.number:f}" for one in found.definition.thresholds.values()},
        versions={"mcgraph": __version__},
        warnings=warnings,
        truncated=len(rows) < total,
        limit=f"--limit {len(rows)}" if len(rows) < total else "",
    )  # fmt: skip
