"""A mapping for small JSON documents, and how tests look at what was read with it."""

from __future__ import annotations

from collections import Counter

from mcgraph.model.batch import Batch
from mcgraph.model.finding import Finding
from mcgraph.model.namespaces import MC

MAPPING = """
mapping: try
documents: {form: json-ld, drops: [ignored], private: [Person, secret]}
tables:
  courses:
    document:
      types: [Course]
      requires: [name]
      fields:
        id: [".|iri"]
        name: [name]
        name_language: [name|language]
        hours: [load/hours, hours]
        parts: [parts|list]
        owner: ["owner|iri"]
      forms: {id: "https://[a-z.]+/[0-9]+|.*#.*"}
    records:
      course:
        {class: mc:Credential, kind: credential, iri: "<{id}>", otherwise: "credential/{id}", id: id, label: name,
         repeats: true}
    columns:
      id: {path: mc:identifier}
      name: {path: mc:title, language: "{name_language}"}
      hours: {path: mc:workloadHours, as: decimal}
      parts: {path: mc:labelledAs}
      owner: {path: mc:awardedBy, as: reference, to: organisation, mint: true}
  owners:
    document:
      types: [Owner]
      fields: {id: [".|iri"], name: [name]}
    records:
      owner:
        {class: mc:Organisation, kind: organisation, iri: "<{id}>", otherwise: "organisation/{id}", id: id, label: name,
         repeats: true}
    columns: {name: {path: mc:legalName}}
  rules:
    document:
      types: [Course]
      conditions: {start: [needs], inside: [needs], operator: [op], needed: [n], members: [of]}
    records:
      rule: {class: mc:StackingRule, iri: "stacking-rule/{rule}", id: rule, label: rule, repeats: true}
      group:
        {class: mc:RequirementGroup, iri: "stacking-rule/{rule}/group/{group}", repeats: true, part_of: rule,
         link: mc:requirementGroup}
    columns:
      whole: {path: mc:stackingWhole, as: reference, to: credential, mint: true}
      requirement: {path: mc:requirementType, on: group, as: concept, scheme: requirement}
      needed: {path: mc:requiredNumber, on: group, as: integer}
      members: {path: mc:groupMember, on: group, as: reference, to: credential, mint: true}
"""

COURSE = {"@id": "https://a.example/1", "@type": "Course", "name": "Data", "hours": 40}


def said(batch: Batch, name: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for column in batch.with_predicate(MC + name):
        found |= set(column.frame.select("s", "o").rows())
    return found


def codes(batch: Batch) -> Counter[str]:
    return Counter(finding.code for finding in batch.findings)


def only(batch: Batch, code: str) -> Finding:
    (found,) = [finding for finding in batch.findings if finding.code == code]
    return found
