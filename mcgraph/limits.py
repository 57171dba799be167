"""Every bound of the system in one place, each with a sentence saying what it protects."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields

from mcgraph.errors import WrongUse


def _limit(value: int, sentence: str) -> int:
    """A dataclass field with its documentation beside it."""
    return field(default=value, metadata={"doc": sentence})


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force; `Limits.from_environment()` reads overrides `MCGRAPH_LIMIT_<NAME>`."""

    input_file_bytes: int = _limit(2_000_000_000, "largest text file that is read")
    partitioned_file_bytes: int = _limit(100_000_000_000, "largest text file that is checked in partitions")
    whole_bytes: int = _limit(500_000_000, "most bytes of tables that are checked in one piece, not in partitions")
    partition_bytes: int = _limit(120_000_000, "bytes of a text file that one partition reads")
    rdf_file_bytes: int = _limit(8_000_000_000, "largest RDF file that is checked in one piece")
    rdf_whole_bytes: int = _limit(4_000_000_000, "most bytes of N-Triples that are checked in one piece")
    rdf_partition_bytes: int = _limit(1_000_000_000, "about how many bytes of N-Triples one partition holds")
    workbook_bytes: int = _limit(100_000_000, "largest workbook (.xlsx, .ods) that is opened")
    unpacked_bytes: int = _limit(500_000_000, "most bytes a workbook may unpack to")
    unpack_ratio: int = _limit(200, "highest compression ratio of a workbook part over 1 MB")
    workbook_parts: int = _limit(1_000, "most parts (files) inside a workbook")
    workbook_rows: int = _limit(500_000, "most rows read from one sheet")
    columns: int = _limit(300, "most columns of one table")
    survey_columns: int = _limit(3_000, "most columns of a response file; with one column per option they are many")
    survey_cells: int = _limit(4_000, "most cells of one table of a survey, whose small cells must be hidden safely")
    survey_small: int = _limit(5, "counts of respondents below this are hidden in the answers to named questions")
    survey_waves: int = _limit(50, "most waves of one trend")
    survey_candidates: int = _limit(20_000, "most candidates for links between answers and the register")
    cell_characters: int = _limit(65_536, "longest cell text that is kept; a longer one is a finding")
    document_bytes: int = _limit(200_000_000, "largest JSON document that is read")
    document_depth: int = _limit(200, "deepest nesting of a JSON document")
    document_alternatives: int = _limit(256, "most alternatives that nested conditions of one credential may have")
    iri_characters: int = _limit(2_048, "longest IRI that is accepted")
    rows_returned: int = _limit(10_000, "most rows a query prints unless --limit says otherwise")
    facet_values: int = _limit(200, "most values of one facet that are listed; its counts are over all records")
    search_characters: int = _limit(500, "longest text that is searched among the labels")
    search_words: int = _limit(12, "most words of such a text that are searched; the others are named")
    query_characters: int = _limit(65_536, "longest query text")
    bundle_bytes: int = _limit(100_000_000, "most bytes one part of a bundle may unpack to")
    query_seconds: int = _limit(30, "longest a query may run before it is stopped")
    query_megabytes: int = _limit(4_096, "most memory the process that runs a query may take")
    served_query_seconds: int = _limit(5, "longest a query of the endpoint may run before it is stopped")
    served_query_megabytes: int = _limit(1_024, "most memory a query of the endpoint may take")
    served_rows: int = _limit(10_000, "most rows in one answer of the endpoint; a longer one is cut and marked")
    served_answer_bytes: int = _limit(10_000_000, "longest answer of the endpoint, in characters; a longer is refused")
    served_workers: int = _limit(4, "most queries of the endpoint at once; up to half may be long, never on all cores")
    served_long_per_client: int = _limit(2, "most queries over a tenth of a second that run at once for one client")
    served_waiting: int = _limit(256, "most queries that wait for a place; more are told to come back")
    served_long_waiting: int = _limit(16, "most queries over a tenth of a second that wait for a place")
    served_wait_seconds: int = _limit(5, "longest a query waits for a place before it is told to come back")
    served_body_bytes: int = _limit(1_000_000, "largest body of a request to the endpoint")
    served_header_bytes: int = _limit(65_536, "longest head of a request: address, query in it, and headers")
    served_client_seconds: int = _limit(10, "longest a client may take to send a request or to take its answer")
    served_connections: int = _limit(1_000, "most connections at once; more are told to come back")
    served_kept_bytes: int = _limit(
        64_000_000, "most bytes of answers the endpoint keeps to give again while their snapshot lasts; 1 keeps none"
    )
    served_count_seconds: int = _limit(300, "longest the counts of the data set's description may take")
    remote_statements: int = _limit(
        1_000_000, "most statements of a store at an address that are fetched to answer one named question here"
    )
    remote_seconds: int = _limit(300, "longest the statements for such a question may be fetched")
    columns_from_triples: int = _limit(
        500_000, "smallest store, in triples, that keeps columns for whole-graph questions beside its index"
    )
    columns_megabytes: int = _limit(8_192, "most memory the process that reads the columns may take")
    rule_seconds: int = _limit(120, "longest the query of one SPARQL constraint may run before it is stopped")
    context_records: int = _limit(100_000, "most stored records that a check for circles of stacking walks through")
    pathway_steps: int = _limit(12, "longest route that is searched")
    pathway_routes: int = _limit(1_000, "most routes that are listed")
    pathway_part_records: int = _limit(200_000, "most records read around the credentials a question is about")
    pathway_labels: int = _limit(50_000, "most partial ways kept while different ways to a credential are searched")
    pathway_cut_rounds: int = _limit(200, "most plans that are hit while the cheapest set to lose is searched")
    pathway_sources: int = _limit(2_000_000, "most credentials whose shortest ways are counted for bottlenecks")
    pathway_view_nodes: int = _limit(50_000, "largest part of the projection handed to networkx")
    recognition_statements: int = _limit(1_000, "most recognition statements that are listed with their evidence")
    recognition_cells: int = _limit(10_000, "most cells of a recognition matrix that are listed")
    recognition_parties: int = _limit(60, "most parties of a recognition heat map; the others are counted")
    recognition_chains: int = _limit(20, "most chains of recognition that are told")
    recognition_links: int = _limit(4, "most recognitions in one chain")
    recognition_chain_steps: int = _limit(200_000, "most steps a search for chains takes")
    recognition_followed: int = _limit(20_000_000, "most rows in one round of following recognitions onwards")
    recognition_pairs: int = _limit(20_000, "most pairs of alike credentials tried for one more agreement")
    classified_listed: int = _limit(1_000, "most classified records on one page or JSON document; counts stay true")
    briefing_rows: int = _limit(40, "most rows of one table of a briefing; those left off are counted")
    briefing_read: int = _limit(250_000, "most rows of one question a briefing reads; it says where there are more")
    briefing_seconds: int = _limit(180, "longest one question of a briefing may run before the page says so")
    review_bytes: int = _limit(50_000_000, "largest sheet of reviewed links that is read")
    recognition_gaps: int = _limit(50, "most gaps and agreements that are listed")
    pathway_plans: int = _limit(100, "most plans that are proven one after another")
    pathway_seconds: int = _limit(5, "longest an exact plan is sought; what is found by then is shown with its gap")
    pathway_terms: int = _limit(24, "most terms of a timetable")
    whatif_changes: int = _limit(1_000, "most changes of one what-if")
    whatif_targets: int = _limit(300, "most targets a what-if compares for one who holds something")
    whatif_pairs: int = _limit(2_000, "most pairs of holder and target a what-if compares")
    findings_sampled: int = _limit(1_000, "most findings of one group written to JSON; totals stay true")
    records_compared: int = _limit(20_000, "most records of a submission that are compared with their stored values")
    matrix_records: int = _limit(1_000, "most failing records that a profile matrix lists; its counts stay true")
    snapshots_kept: int = _limit(5, "snapshots whose manifest is kept")
    findings_listed: int = _limit(50_000, "most findings written to one JSON report or workbook; totals stay true")
    findings_in_csv: int = _limit(1_000_000, "most findings written to one CSV or Turtle report; totals stay true")
    fingerprints_kept: int = _limit(200_000, "most findings whose fingerprints a JSON report keeps as a baseline")
    page_cells: int = _limit(2_000, "most cells shown on one HTML page, spread over its groups; totals stay true")
    page_groups: int = _limit(200, "most groups shown on one HTML page or in SARIF rules")
    sarif_results: int = _limit(25_000, "most results written to SARIF; code hosts refuse more")
    annotated_cells: int = _limit(20_000, "most cells coloured and commented in an annotated copy")
    annotated_rows: int = _limit(200_000, "most rows of a text file copied into an annotated workbook")
    template_rows: int = _limit(1_000, "rows of a template that have drop-downs")
    waiver_bytes: int = _limit(5_000_000, "largest file of waivers that is read")
    baseline_bytes: int = _limit(500_000_000, "largest earlier report that is read as a baseline")

    @classmethod
    def from_environment(cls) -> Limits:
        """The defaults, with `MCGRAPH_LIMIT_<NAME>` taken from the environment.

        Raises `WrongUse` for a value that is not a positive whole number.
        """
        changed: dict[str, int] = {}
        for known in fields(cls):
            name = f"MCGRAPH_LIMIT_{known.name.upper()}"
            text = os.environ.get(name)
            if text is None:
                continue
            if not text.isdecimal() or int(text) < 1:
                raise WrongUse(f"{name} is «{text}»", fix="Give a whole number above 0, or unset the variable.")
            changed[known.name] = int(text)
        return cls(**changed)

    def describe(self) -> list[tuple[str, int, str]]:
        """Rows of (name, value in force, what it protects), for documentation and `mcgraph config`."""
        return [(f.name, getattr(self, f.name), f.metadata["doc"]) for f in fields(self)]
