"""The whole registry: the six sheets, the records made for planned defects, and the story."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass
from typing import Any

import credentials as cr
import defects as df
import stacking
import statements
from catalogue import organisations, themes
from layout import AS_OF, HEADERS, Row, Sheets


@dataclass(frozen=True, slots=True)
class Registry:
    """What the files are written from."""

    sheets: Sheets
    defects: list[df.Placed]
    story: dict[str, Any]


def build() -> Registry:
    """Make the registry; the same one each time."""
    content, bodies = themes(), organisations()
    placed = cr.place(content)
    free = cr.reserved(content, placed)
    kept = set(free.values())
    rows = cr.credential_rows(placed, bodies, kept)
    found = stacking.rules(placed, kept)
    stacking.tell_parts(found, rows)
    _link(rows, placed)
    sheets: Sheets = {
        "Credentials": rows,
        "Organisations": cr.organisation_rows(bodies),
        "Offers": statements.offers(placed, rows, kept),
        "StackingRules": stacking.rule_rows(found, rows),
        "Recognition": statements.recognition(placed, rows, bodies, kept),
        "QualityAssurance": statements.quality_assurance(placed, bodies, kept),
    }
    ids = _made_for_defects(sheets, placed, free)
    done = df.apply(sheets, df.planned(free, ids))
    return Registry(_in_order(sheets), done, _story(sheets, placed, found))


def _link(rows: list[Row], placed: list[cr.Placed]) -> None:
    """A few prerequisites and successions, so that these columns are not empty."""
    by_id = {str(row["credential_id"]): row for row in rows}
    by_theme: dict[str, list[str]] = {}
    for p in placed:
        if p.part == "home":
            by_theme.setdefault(p.theme.key, []).append(p.identifier)
    for key in ("data-work", "cyber-security", "automation", "accounting", "solar", "heat-pumps", "welding"):
        first, second = by_theme[key][:2]
        by_id[second]["prerequisites"] = first
    # An older credential that a newer one of the same field and country has taken the place of.
    for key in ("nursing-update", "tourism", "logistics", "forest"):
        new = by_id[by_theme[key][0]]
        old = copy.deepcopy(new)
        old |= {
            "credential_id": f"{new['credential_id']}-OLD",
            "description": "Earlier edition, no longer awarded. Synthetic record.",
            "valid_from": dt.date(2018, 9, 1),
            "valid_until": dt.date(2022, 8, 31),
            "status": "inactive",
            "stackability": "unknown",
            "stacks_into": None,
            "url": f"{new['url']}-old",
        }
        new["valid_from"] = dt.date(2022, 9, 1)
        new["replaces"] = old["credential_id"]
        rows.insert(rows.index(new) + 1, old)


def _made_for_defects(sheets: Sheets, placed: list[cr.Placed], free: dict[str, str]) -> dict[str, str]:
    """Add the rows that exist only to carry a defect; their names and identifiers."""
    rows = sheets["Credentials"]
    by_id = {str(row["credential_id"]): row for row in rows}
    twin = dict(by_id[free["forest"]]) | {"credential_id": "POL-900", "title": "Praca w lesie zimą"}
    loop = dict(by_id[free["circular-economy"]]) | {
        "credential_id": "IRL-901",
        "title": "Green procurement in depth",
    }
    ours = [p for p in placed if p.theme.key == "electric-vehicles"]
    parts = [p for p in ours if p.module.title in ("Conseiller une borne de recharge", "Recycler les batteries")]
    whole = next(p for p in ours if p.part == "certificate")
    short = dict(by_id[whole.identifier]) | {
        "credential_id": "FRA-902",
        "title": "Certificat conseil en mobilité électrique",
        "learning_outcomes": "Conseiller un particulier sur la recharge et la fin de vie d'une batterie",
        "credit_points": 10,
        "workload_hours": 250,
        "stackability": "unknown",
        "stacks_into": None,
    }
    for made in (twin, loop, short):
        made["url"] = f"https://example.org/demo/{str(made['credential_id']).lower()}"
        made["description"] = "Made to carry a planned defect. Synthetic record."
        rows.append(made)
    for row in (by_id[free["circular-economy"]], loop, by_id[free["heat-pumps"]]):
        row["stackability"] = "stackable"
    by_id[free["digital-care"]]["workload_hours"] = 70
    template = sheets["StackingRules"][0]
    number = f"RULE-{len({row['rule_id'] for row in sheets['StackingRules']}) + 1:03d}"
    for p in parts:
        sheets["StackingRules"].append(
            dict(template)
            | {"rule_id": number, "whole": "FRA-902", "group": "g1", "requirement": "credit-points"}
            | {
                "needed": 10,
                "member": p.identifier,
                "claimed_by": short["awarding_body"],
                "minimum_level": None,
            }
            | {"evidence": "https://example.org/demo/rules/fra-902"}
        )
    sheets["QualityAssurance"].append(
        dict(sheets["QualityAssurance"][-1])
        | {"qa_id": f"QA-{len(sheets['QualityAssurance']) + 1:03d}", "decision": "positive"}
    )
    positive = [r for r in sheets["QualityAssurance"][:-1] if r["credential"] and r["decision"] == "positive"]
    active = [r for r in positive if by_id[str(r["credential"])]["status"] == "active"]
    return {
        "twin": "POL-900",
        "loop": "IRL-901",
        "short rule": number,
        "expired programme": str(active[-1]["qa_id"]),
        "last quality": str(sheets["QualityAssurance"][-1]["qa_id"]),
    }


def _in_order(sheets: Sheets) -> Sheets:
    """Every row with the columns of the template, in their order."""
    return {name: [{column: row[column] for column in HEADERS[name]} for row in rows] for name, rows in sheets.items()}


def _story(sheets: Sheets, placed: list[cr.Placed], found: list[stacking.Rule]) -> dict[str, Any]:
    """The named route of the demo, and one answer to «what is missing»."""
    ids = {p.module.title: p.identifier for p in placed}
    whole_rule = {rule.whole: f"RULE-{number:03d}" for number, rule in enumerate(found, start=1)}
    held = [ids["Data literacy for care workers"], ids["Digital records in care"]]
    privacy, certificate = ids["Privacy and consent in care settings"], ids["Certificate in digital care"]
    foundations, exchange = (
        ids["Foundations of health data"],
        ids["Interoperability of health records in practice"],
    )
    partial = ids["Partial qualification in health informatics"]
    full = ids["Specialist vocational qualification in health informatics"]
    return {
        "synthetic": True,
        "as_of": AS_OF.isoformat(),
        "persona": {
            "name": "Aoife (invented)",
            "who": "Care worker in Ireland with two small credentials, about to move to Finland",
        },
        "held": held,
        "target": partial,
        "route": [
            {
                "take": privacy,
                "why": "required by the first group of the rule",
                "rule": whole_rule[certificate],
            },
            {
                "reach": certificate,
                "from": [*held, privacy],
                "rule": whole_rule[certificate],
                "group": "credit-points, 7 needed, 7 held",
            },
            {
                "recognised_as": foundations,
                "from": [certificate],
                "recognition": "REC-001",
                "across": ["IRL", "FIN"],
            },
            {"take": exchange, "why": "required by the rule", "rule": whole_rule[partial]},
            {"reach": partial, "from": [foundations, exchange], "rule": whole_rule[partial]},
        ],
        "route_ids": [privacy, certificate, foundations, exchange, partial],
        "further_target": full,
        "further_rule": whole_rule[full],
        "missing_example": {
            "held": [held[0]],
            "target": certificate,
            "rule": whole_rule[certificate],
            "missing": [
                {"group": "g1", "requirement": "all-of", "needed": 1, "have": 0, "members": [privacy]},
                {"group": "g2", "requirement": "credit-points", "needed": 7, "have": 3, "credits_short": 4},
            ],
        },
        "counts": {name: len(rows) for name, rows in sheets.items()}
        | {"rules": len({row["rule_id"] for row in sheets["StackingRules"]})},
    }
