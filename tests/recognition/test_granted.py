"""Credit of recognitions: with its system, beside what is held, summed side by side and never across systems."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from mcgraph.recognition import find_chains, make_matrix
from mcgraph.recognition.answer import document
from mcgraph.recognition.names import find_party
from tests.recognition.conftest import RegisterOf
from tests.recognition.facts import ID, MC, VOCAB, Said, World

ECTS = "http://data.europa.eu/snb/education-credit/6fcec5c5af"
ECVET = "http://data.europa.eu/snb/education-credit/60b314e826"
UK = VOCAB + "credit-system#uk-credit"
NAMES = {ECTS: "ects", ECVET: "ecvet", UK: "uk-credit", "": ""}
WORTH = {"ects": Decimal(1), "uk-credit": Decimal("0.5")}


def points(credential: str, amount: float | None, system: str) -> str:
    """What a credential states of its credit."""
    said = f"<{ID}credential/{credential}> "
    lines = [f'{said} <{MC}creditPoints> "{amount}" .'] if amount is not None else []
    return "\n".join([*lines, *([f"{said} <{MC}creditSystem> <{system}> ."] if system else [])]) + "\n"


def credit(statement: str, amount: float | None, system: str = "") -> str:
    """What a statement says of the credit it grants."""
    said = f"<{ID}recognition/{statement}> "
    lines = [f'{said} <{MC}recognitionCredit> "{amount}" .'] if amount is not None else []
    return "\n".join([*lines, *([f"{said} <{MC}recognitionCreditSystem> <{system}> ."] if system else [])]) + "\n"


@pytest.mark.parametrize(
    ("held", "system", "granted", "of", "said_by", "share"),
    [
        ((10, ECTS), "", 5, "ects", "towards", (0.5, 0.5)),
        ((20, UK), "", 5, "ects", "towards", (0.5, 0.5)),
        ((10, ECTS), UK, 10, "uk-credit", "statement", (0.5, 0.5)),
        ((10, ECVET), "", 5, "ects", "towards", None),
        ((None, ""), "", 5, "ects", "towards", None),
        ((10, ECTS), "", None, "", "", None),
    ],
)  # fmt: skip
def test_a_link_says_how_much_it_grants_of_what_is_held(
    register_of: RegisterOf, held: tuple[float | None, str], system: str, granted: float | None, of: str, said_by: str,
    share: tuple[float, float] | None,
) -> None:  # fmt: skip
    """In its own system, or in that of what it counts towards; compared only where a source converts."""
    extra = points("x", *held) + points("y", 60, ECTS) + credit("r1", granted, system)
    world = World({"U": "IRL", "V": "FIN"}, {"x": "U", "y": "V"}, [Said("r1", "V", "credit", "x", towards="y")], extra)
    register = register_of(world)
    answer = find_chains(register, find_party(register, "x"), find_party(register, "y"))
    (link,) = answer.chains[0].links
    assert link.granted is not None
    told = document(answer)["chains"][0]["links"][0]["credit"]
    if granted is None:
        assert link.granted.points is None and told["granted"] is None and "not stated" in str(link.granted)
        return
    assert link.granted.points is not None
    assert (link.granted.points.system, link.granted.points.said_by) == (of, said_by)
    assert told["granted"]["amount"] == granted and told["share"] == (
        None if share is None else {"least": share[0], "most": share[1]}
    )
    assert told["granted"]["ects"]["least"] == (granted if of == "ects" else granted / 2)


def test_a_full_recognition_grants_no_part(register_of: RegisterOf) -> None:
    """Where all is recognised there is no number to tell."""
    world = World({"U": "IRL", "V": "FIN"}, {"x": "U", "y": "V"}, [Said("r1", "V", "full", "x", towards="y")])
    register = register_of(world)
    answer = find_chains(register, find_party(register, "x"), find_party(register, "y"))
    assert answer.chains[0].links[0].granted is None


@pytest.mark.parametrize("seed", range(12))
def test_sums_of_cells_equal_plain_python(seed: int, register_of: RegisterOf) -> None:
    """Per pair of bodies and system the sum of what asserted statements grant in part; in ECTS where all can be."""
    dice = random.Random(seed)
    bodies = {name: dice.choice(("IRL", "FIN", "FRA")) for name in "UVW"}
    owners = {f"c{number}": dice.choice("UVW") for number in range(8)}
    systems = {name: dice.choice(tuple(NAMES)) for name in owners}
    extra = "".join(points(name, dice.randint(1, 30), system) for name, system in systems.items())
    said, wanted = [], dict[tuple[str, str], dict[str, Decimal]]()
    without: dict[tuple[str, str], int] = {}
    for number in range(25):
        effect = dice.choice(("credit", "partial", "exemption", "full", "refused", "access"))
        one = Said(f"r{number}", dice.choice("UVW"), effect, what=dice.choice(tuple(owners)))
        one.towards = dice.choice(("", dice.choice(tuple(owners))))
        one.until, one.claim = dice.choice(("", "2020-01-01")), dice.choice(("by-recogniser", "inferred"))
        amount, own = dice.choice((None, 2.5, 4, 7)), dice.choice(("", "", UK, ECVET))
        extra += credit(one.name, amount, own)
        said.append(one)
        if effect in ("credit", "partial", "exemption") and not one.until and one.claim != "inferred":
            pair, system = (owners[one.what], one.by), NAMES[own or systems.get(one.towards, "")]
            if amount is None:
                without[pair] = without.get(pair, 0) + 1
            else:
                sums = wanted.setdefault(pair, {})
                sums[system] = sums.get(system, Decimal(0)) + Decimal(str(amount))
    register = register_of(World(bodies, owners, said, extra))
    cells = make_matrix(register, "body").cells
    found = {
        (cell.a.id, cell.b.id): {one.system: one.amount for one, _ in cell.credit.by_system}
        for cell in cells
        if cell.credit.by_system
    }
    assert found == wanted
    assert {(c.a.id, c.b.id): c.credit.unnumbered for c in cells if c.credit.unnumbered} == without
    for cell in cells:
        sums = wanted.get((cell.a.id, cell.b.id), {})
        if not sums or not sums.keys() <= WORTH.keys():
            assert cell.credit.ects() is None
            continue
        total = sum((WORTH[name] * amount for name, amount in sums.items()), Decimal(0))
        assert cell.credit.ects() == (total, total)
