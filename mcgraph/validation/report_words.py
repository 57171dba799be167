"""What a report says beside its findings: wording by rule, suggestions, names of records, texts by code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from mcgraph.model.batch import Batch
from mcgraph.model.finding import RecordRef
from mcgraph.model.language import Language
from mcgraph.model.namespaces import SH
from mcgraph.validation import catalogue
from mcgraph.validation.catalogue import Profile, Rule
from mcgraph.validation.findings import Findings, Wording
from mcgraph.validation.ir import Shape
from mcgraph.validation.messages import without_places
from mcgraph.validation.suggest import suggest
from mcgraph.validation.waivers import Waived
from mcgraph.validation.wording import rule_texts, wording

if TYPE_CHECKING:
    from mcgraph.validation.run import Checked

_MOST_SUGGESTED = 2_000  # distinct values per run that a suggestion is looked up for
MOST_NAMES = 50_000  # records whose names are suggested


def rules_by_code(chosen: Profile) -> dict[str, Rule]:
    """The rules of the catalogue, and those of a profile's own file before them."""
    own = {rule.code: rule for rule in catalogue.rules_in(chosen.triples)}
    return {**catalogue.rules(), **own}


def findings_of(done: Checked, waived: Waived, chosen: Profile, lang: Language) -> Findings:
    """The findings of a run with all that is said beside them: wording, suggestions, names of records."""
    batch, frame = done.batch, waived.frame
    rules, shapes = rules_by_code(chosen), chosen.shapes.shapes
    words: dict[tuple[str, str, str], Wording] = {}
    mine = frame.filter(pl.col("given").is_null())
    for code, shape, component in mine.select("code", "shape", "component").unique(maintain_order=True).iter_rows():
        own = dict(chosen.shapes.texts.get(shape, ()))
        words[(code, shape, component)] = wording(rules.get(code), shapes.get(shape), component, own, lang)
    return Findings(
        frame=frame,
        tables=batch.tables,
        given=waived.given,
        wording=words,
        suggestions=_suggestions(done, mine, rules, shapes),
        names=_names(batch, frame.get_column("record").drop_nulls().unique()),
        profile=chosen.name,
        lang=lang,
        said=tuple(lang.chosen(texts) for texts in done.said.texts),
    )


def _suggestions(
    done: Checked, frame: pl.DataFrame, rules: dict[str, Rule], shapes: dict[str, Shape]
) -> dict[tuple[str, str], tuple[str, bool]]:
    components = [f"{SH}{name}ConstraintComponent" for name in ("Datatype", "NodeKind", "In", "Pattern", "Class")]
    wrong = frame.filter(pl.col("found") != "", pl.col("component").is_in(components))
    counted = (
        wrong.group_by("code", "shape", "found")
        .len("count")
        .sort("count", "code", "found", descending=[True, False, False])
    )
    # Beyond this many names, a likeness says little and costs much.
    names: list[str] = []
    if counted.height and done.records < MOST_NAMES:
        told = done.batch.records.select("id", "label").unique().unpivot().get_column("value")
        names = [text for text in told.unique().sort() if text]
    found = {}
    for code, shape, text, _ in counted.head(_MOST_SUGGESTED).iter_rows():
        rule = rules.get(code)
        refers = rule is not None and not rule.vocabulary
        suggestion = suggest(text, rule, shapes.get(shape), names if refers else ())
        if suggestion[0] and suggestion[0] != text:
            found[(code, text)] = suggestion
    return found


def _names(batch: Batch, wanted: pl.Series) -> dict[str, RecordRef]:
    records = batch.records.filter(pl.col("iri").is_in(wanted.implode())).unique(
        "iri", keep="first", maintain_order=True
    )
    return {
        iri: RecordRef(id=identifier or "", label=label or "", iri=iri)
        for iri, identifier, label in records.select("iri", "id", "label").iter_rows()
    }


def texts_by_code(batch: Batch, chosen: Profile, lang: Language) -> dict[str, tuple[str, str, str]]:
    """(cause, why, fix) by code, of the catalogue and of findings whose rule it does not have."""
    texts = _Texts({f.code: (lang.phrase(f.message), "", lang.phrase(f.fix)) for f in batch.findings})
    for key, shape in chosen.shapes.shapes.items():
        queries = next((c.messages for c in shape.constraints if c.messages), ())
        if (own := chosen.shapes.texts[key] or queries) and not shape.code:
            texts[chosen.shapes.called(key)] = (without_places(lang.chosen(dict(own))), "", "")
    for code, rule in catalogue.rules().items():
        texts[code] = rule_texts(rule, lang)[1:]
    return texts


class _Texts(dict[str, tuple[str, str, str]]):
    """Texts by code; a code of somebody else's shapes file stands for itself."""

    def __missing__(self, code: str) -> tuple[str, str, str]:
        return (code, "", "")


def notes_by_code(batch: Batch) -> dict[str, int]:
    """How many values were normalised, by kind."""
    counted = batch.notes.group_by("code").len("count").sort("count", "code", descending=[True, False])
    return dict(counted.iter_rows())
