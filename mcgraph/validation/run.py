"""The way of a validation: shapes, references and cross-record rules over one batch, reported together."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import count

import polars as pl

from mcgraph.model import bundled
from mcgraph.model.batch import RDF_MAPPING, Batch, TripleColumn
from mcgraph.model.language import Language, language
from mcgraph.model.namespaces import MC, RDF_TYPE, RDFS, SH, shorten
from mcgraph.validation import catalogue, fallback
from mcgraph.validation.catalogue import Profile
from mcgraph.validation.codelists import outside_their_list
from mcgraph.validation.context import Graph, known_types
from mcgraph.validation.data import DataGraph
from mcgraph.validation.engine import RESULT_SCHEMA, Engine
from mcgraph.validation.findings import FINDING_SCHEMA, sort
from mcgraph.validation.groups import grouped
from mcgraph.validation.ir import SEVERITY_OF, Shape
from mcgraph.validation.leaves import at_leaves
from mcgraph.validation.messages import Said
from mcgraph.validation.parse import read_triples
from mcgraph.validation.places import located, without_echoes
from mcgraph.validation.references import loose_links, references
from mcgraph.validation.report import Report, Run
from mcgraph.validation.report_words import findings_of, notes_by_code, rules_by_code, texts_by_code
from mcgraph.validation.rules import RULES
from mcgraph.validation.scene import Scene
from mcgraph.validation.waivers import Waiver, waive

_MANY_TRIPLES = 1_000_000  # from which a second thread pays


_ALWAYS = (
    ("Qualification", "Credential"),
    ("Microcredential", "Credential"),
    ("LabelledMicrocredential", "Credential"),
    ("StackingRule", "Statement"),
    ("RecognitionStatement", "Statement"),
    ("QualityAssuranceStatement", "Statement"),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What has been checked, before it becomes a report.

    `told` are the findings of shapes and rules, still without places; `batch` has at least the records, parts and types
    of what they are about, `data` its triples. `shapes` says how many focus nodes each shape had, `left_out` which of
    them pySHACL ran, `empty` which of the profile's main classes have no record, `said` what
    shapes say of single results.
    """

    batch: Batch
    data: DataGraph
    told: pl.DataFrame
    results: pl.DataFrame
    shapes: list[tuple[Shape, int]]
    left_out: tuple[str, ...]
    empty: list[str]
    records: int
    read: int
    notes: dict[str, int]
    said: Said


def validate(
    batch: Batch, *, profile: str, date: datetime.date, context: Graph | None = None, lang: str = "en",
    waivers: Sequence[Waiver] = (),
) -> Report:
    """Every finding of a batch under a profile (a bundled one by name, or the path of a SHACL file).

    What `waivers` cover is taken out and refuses no record.

    Raises `WrongUse` for an unknown profile and `RuleBroken` where a shape or rule of ours is broken.
    """
    start = time.perf_counter()
    chosen = catalogue.profile(profile)
    data = DataGraph(batch.columns, superclasses(), known=_from_context(batch, context))
    engine = Engine(data, chosen.shapes)

    beside = _Shared(_across_records(batch, data, context, date) if chosen.is_ours else [])
    with ThreadPoolExecutor(1) as pool:
        # Of many triples, the rules across records are checked beside the shapes, and then by both threads.
        other = pool.submit(beside.work) if batch.size >= _MANY_TRIPLES else None
        results, checked, left_out = _shape_results(batch, engine, chosen)
        leaves = at_leaves(engine, results)
        if chosen.is_ours and batch.mapping == RDF_MAPPING:
            outside = outside_their_list(engine, chosen.shapes.targeted, rules_by_code(chosen))
            leaves = pl.concat([leaves, outside.with_columns(pl.lit(1, dtype=pl.UInt32).alias("affects"))])
        told = shape_findings(leaves, chosen)
        beside.work()
        if other is not None:
            other.result()
        if chosen.is_ours:
            told = pl.concat([told, rule_findings(pl.concat(beside.done()), chosen)])
    done = Checked(
        batch, data, told, results, checked, left_out,
        empty=[cls for cls in chosen.main_classes if data.targets(cls).is_empty()],
        records=batch.records.height, read=batch.records.get_column("iri").n_unique(), notes=notes_by_code(batch),
        said=engine.said,
    )  # fmt: skip
    return reported(done, chosen, date, context, lang, waivers, start)


def _across_records(
    batch: Batch, data: DataGraph, context: Graph | None, date: datetime.date
) -> list[Callable[[], pl.DataFrame]]:
    """What references and each rule across records find, still to be asked."""
    scene = Scene(batch, data, context, date)
    return [partial(references, batch, data, context), *(partial(rule, scene) for rule in RULES)]


class _Shared:
    """Questions that several threads answer, each taking the next one; the answers stand in their order."""

    def __init__(self, asked: list[Callable[[], pl.DataFrame]]) -> None:
        self._asked, self._next = asked, count()
        self._found: dict[int, pl.DataFrame] = {}

    def work(self) -> None:
        """Answer what nobody has taken, until nothing is left."""
        while (number := next(self._next)) < len(self._asked):
            self._found[number] = self._asked[number]()

    def done(self) -> list[pl.DataFrame]:
        """The answers, once every thread has come back."""
        return [self._found[number] for number in range(len(self._asked))]


def reported(
    done: Checked, chosen: Profile, date: datetime.date, context: Graph | None, lang: str,
    waivers: Sequence[Waiver], start: float,
) -> Report:
    """The report of what has been checked since `start`."""
    batch, say = done.batch, language(lang)
    frame = _assembled(batch, done.data, done.told, chosen)
    frame = pl.concat([frame, _given(batch, chosen), _without_targets(done.empty)])
    frame = sort(without_echoes(frame.with_row_index("at")).drop("at"), batch.tables)
    waived = waive(batch, frame, waivers, date)
    findings, groups = grouped(findings_of(done, waived, chosen, say), texts_by_code(batch, chosen, say))
    run = Run(
        profile=chosen.name,
        profile_title=say.name(f"profile-{chosen.name}", chosen.title.by_language),
        profile_version=chosen.version,
        date=date,
        lang=lang,
        seconds=time.perf_counter() - start,
        compiled=len(chosen.shapes.shapes) - len(done.left_out),
        fallback=done.left_out,
        snapshot=context.snapshot if context is not None else "",
    )
    called = _shape_names(chosen, say)
    return Report(
        findings=findings,
        groups=groups,
        checked={called.get(shape.id) or _short(shape.id): n for shape, n in done.shapes},
        notes=done.notes,
        rejected=_rejected(batch, waived.frame, nested(done.results)),
        read=done.read,
        run=run,
        results=done.results,
        waived=waived.uses,
    )


@cache
def superclasses() -> dict[str, frozenset[str]]:
    """The direct superclasses that the ontology states of each class."""
    found: dict[str, set[str]] = {}
    for path in sorted(bundled.path("ontology").glob("*.ttl")):
        for subject, predicate, value in read_triples(path):
            if predicate == RDFS + "subClassOf" and not value.value.startswith("_:"):
                found.setdefault(subject.value, set()).add(value.value)
    # What every target rests on holds even where the ontology is not at hand.
    for lower, upper in _ALWAYS:
        found.setdefault(MC + lower, set()).add(MC + upper)
    return {name: frozenset(uppers) for name, uppers in found.items()}


def _from_context(batch: Batch, context: Graph | None) -> tuple[TripleColumn, ...]:
    """The types of the records that the batch points to and the store has, as a column without cells."""
    if context is None:
        return ()
    wanted = loose_links(DataGraph(batch.columns)).get_column("v").unique()
    types = known_types(context, wanted).with_columns(pl.lit(None, dtype=pl.UInt32).alias("row"))
    return (TripleColumn(predicate=RDF_TYPE, kind="iri", frame=types),) if types.height else ()


def _shape_results(
    batch: Batch, engine: Engine, chosen: Profile
) -> tuple[pl.DataFrame, list[tuple[Shape, int]], tuple[str, ...]]:
    """All results, how many focus nodes each shape had, and which shapes pySHACL had to run."""
    found, checked, outside = [pl.DataFrame(schema=RESULT_SCHEMA)], [], []
    peer = fallback.Peer(batch, chosen)
    for shape in chosen.shapes.targeted:
        if shape.deactivated:
            continue
        nodes = engine.focus_nodes(shape)
        checked.append((shape, len(nodes)))
        if fallback.needed(shape, chosen.shapes):
            outside.append(shorten(shape.id))
            found.append(peer.results(engine, shape))
        else:
            found.append(engine.results(shape, nodes))
    return pl.concat(found), checked, tuple(outside)


def shape_findings(results: pl.DataFrame, chosen: Profile) -> pl.DataFrame:
    """Engine results as `code`, `severity`, `focus`, `path`, `found`, …"""
    codes = {key: shape.code or chosen.shapes.called(key) for key, shape in chosen.shapes.shapes.items()}
    own = pl.concat_str(pl.lit(SH), "component", pl.lit("ConstraintComponent"))
    component = pl.when(pl.col("component").str.contains(":", literal=True)).then("component").otherwise(own)
    return results.select(
        pl.col("shape").replace_strict(codes, default=pl.col("shape"), return_dtype=pl.String).alias("code"),
        pl.col("severity").replace_strict(SEVERITY_OF, default="error", return_dtype=pl.String),
        pl.lit("violation").alias("verdict"),
        "focus", "path", _found().alias("found"), "tc", "row", "shape",
        component.alias("component"), "affects", "said",
    )  # fmt: skip


def _found() -> pl.Expr:
    """The value that was found; a rule about a record as a whole found no value, so its IRI is not told as one."""
    return pl.when(pl.col("v").fill_null("") != pl.col("focus")).then("v").fill_null("")


def rule_findings(told: pl.DataFrame, chosen: Profile) -> pl.DataFrame:
    """Results of rules across records (`RULE_RESULT_SCHEMA`) as findings, less those that a profile does not want."""
    told = told.filter(~pl.col("code").is_in(catalogue.silent_in(chosen)))
    rules = catalogue.rules()
    severities = {code: rules[code].severity for code in told.get_column("code").unique()}
    return told.select(
        "code",
        pl.col("code").replace_strict(severities, return_dtype=pl.String).alias("severity"),
        "verdict", "focus", "path", _as_stated().alias("found"), "tc", "row",
        pl.col("code").replace_strict({c: rules[c].iri for c in severities}, return_dtype=pl.String).alias("shape"),
        pl.lit("").alias("component"), pl.lit(1, dtype=pl.UInt32).alias("affects"),
        pl.lit(None, dtype=pl.Int32).alias("said"),
    )  # fmt: skip


def _as_stated() -> pl.Expr:
    """A record that is not there is named by its identifier, as the cell has it, not by the IRI made of it."""
    identifier = pl.col("v").str.extract(r"([^/]+)$")
    return pl.when(pl.col("code").str.starts_with("REF-")).then(identifier).otherwise(pl.col("v")).fill_null("")


def _assembled(batch: Batch, data: DataGraph, told: pl.DataFrame, chosen: Profile) -> pl.DataFrame:
    placed = located(batch, data, told)
    framed = placed.with_columns(pl.lit(None, dtype=pl.Int32).alias("given")).select(list(FINDING_SCHEMA))
    return _with_severities(framed, chosen)


def _with_severities(frame: pl.DataFrame, chosen: Profile) -> pl.DataFrame:
    if not chosen.severities:
        return frame
    changed = pl.col("code").replace_strict(dict(chosen.severities), default=pl.col("severity"), return_dtype=pl.String)
    return frame.with_columns(changed.alias("severity"))


def _given(batch: Batch, chosen: Profile) -> pl.DataFrame:
    """The findings that the reader and mapper made, as rows."""
    tables = {(table.file, table.sheet): index for index, table in enumerate(batch.tables)}
    rows = []
    for index, finding in enumerate(batch.findings):
        table = tables.get((finding.where.file, finding.where.sheet), -1)
        headers = batch.tables[table].headers if table >= 0 else ()
        column = headers.index(finding.where.column) if finding.where.column in headers else -1
        rows.append(
            (finding.code, finding.severity, finding.verdict, table, finding.where.row, column, finding.record.iri,
             finding.path, finding.found, finding.shape, finding.component, finding.affects, index, None)
        )  # fmt: skip
    return _with_severities(pl.DataFrame(rows, schema=FINDING_SCHEMA, orient="row"), chosen)


def _without_targets(empty: list[str]) -> pl.DataFrame:
    """SYS-NOTARGET where the profile's main class has no record: that never reads as conforming."""
    rows = [
        ("SYS-NOTARGET", "error", "unverifiable", -1, None, -1, "", "", shorten(cls), "", "", 1, None, None)
        for cls in empty
    ]
    return pl.DataFrame(rows, schema=FINDING_SCHEMA, orient="row")


def nested(results: pl.DataFrame) -> pl.Series:
    """The focus nodes that point to something wrong: they are refused, although that is told of what they point to."""
    severe = (pl.col("component") == "Node") & (pl.col("severity") == SH + "Violation")
    return results.filter(severe).get_column("focus").unique()


def _rejected(batch: Batch, frame: pl.DataFrame, nested: pl.Series) -> pl.Series:
    """The records with an error; an error on a row that names no record refuses the row's records."""
    errors = frame.filter(pl.col("severity") == "error")
    known = batch.records.select("iri")
    named = known.join(errors.select(pl.col("record").alias("iri")), on="iri", how="semi", maintain_order="left")
    loose = errors.join(named, left_on="record", right_on="iri", how="anti").filter(pl.col("row").is_not_null())
    rows = batch.records.with_columns(pl.col("table").cast(pl.Int32)).join(loose, on=["table", "row"], how="semi")
    pointing = known.filter(pl.col("iri").is_in(nested.implode())).get_column("iri")
    every = [named.get_column("iri"), rows.get_column("iri"), pointing]
    return pl.concat(every).unique(maintain_order=True).alias("iri")


def _short(iri: str) -> str:
    return shorten(iri).removeprefix("mcsh:")


def _shape_names(chosen: Profile, lang: Language) -> dict[str, str]:
    names: dict[str, dict[str, str]] = {}
    for subject, predicate, value in chosen.triples:
        if predicate == SH + "name":
            names.setdefault(subject.value, {})[value.language or "en"] = value.value
    return {key: lang.name(shorten(key), texts) for key, texts in names.items()}
