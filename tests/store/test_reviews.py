"""Suggested links, what people decide about them, and the log that keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgraph.errors import InputRefused, StoreUnavailable, WrongUse
from mcgraph.model.review import (
    COLUMNS,
    Decision,
    Link,
    Reviewed,
    Verdict,
    in_force,
    last_words,
    read_sheet,
    to_sheet,
    undone,
)
from mcgraph.store.reviews import ReviewLog, logs

WELD = Link("urn:outcome:1", "urn:skill:weld", 0.93, "fuzzy-label", "Weld pipes", "weld pipes")
BAKE = Link("urn:outcome:2", "urn:skill:bake", 1.0, "exact-label", "Bake bread", "bake bread")
AT = "2026-11-28T00:00:00Z"


def known(*said: Decision) -> Reviewed:
    return Reviewed(
        links={link.pair: link for link in (WELD, BAKE)},
        subjects={"urn:outcome:1", "urn:outcome:2"},
        candidates={"urn:skill:weld", "urn:skill:bake"},
        last=last_words(said),
    )


def read(*rows: str, said: tuple[Decision, ...] = (), by: str = "Ada") -> tuple[Decision, ...]:
    text = "subject,candidate,decision,decided_by,decided_on,note\n" + "\n".join(rows)
    return read_sheet(text, known(*said), where="sheet.csv", by=by, on="2026-11-28")


def test_a_sheet_comes_back_as_what_was_decided() -> None:
    """What a reviewer fills in is read with who and when; the rest of the sheet says nothing."""
    sheet = to_sheet([BAKE, WELD]).replace("fuzzy-label,,,,", "fuzzy-label,Accept,Grace,2026-11-01,sure")
    (decision,) = read_sheet(sheet, known(), where="s", by="Ada", on="2026-11-28")
    assert decision == Decision(WELD, "accept", "Grace", "2026-11-01", "sure")


def test_the_same_sheet_again_decides_nothing() -> None:
    """Handing in a file twice must not fill the log, an undo included."""
    first = read("urn:outcome:1,urn:skill:weld,accept,,,")
    assert read("urn:outcome:1,urn:skill:weld,accept,,,", said=first) == ()
    back = read("urn:outcome:1,urn:skill:weld,undo,,,", said=first)
    assert in_force((*first, *back)) == {}
    assert read("urn:outcome:1,urn:skill:weld,undo,,,", said=(*first, *back)) == ()


def test_a_decision_that_was_turned_over_names_who_turned_it() -> None:
    """The old name and day still stand in the sheet; the new decision is not theirs."""
    (first,) = read("urn:outcome:1,urn:skill:weld,accept,Grace,2026-01-01,")
    sheet = to_sheet([WELD], {WELD.pair: first}).replace("accept", "reject")
    (second,) = read_sheet(sheet, known(first), where="s", by="Ada", on="2026-11-28")
    assert (second.decision, second.decided_by, second.decided_on) == ("reject", "Ada", "2026-11-28")


def test_a_reviewer_may_know_a_better_candidate() -> None:
    """A pair nobody suggested is taken where both ends are known, and is marked as made by hand."""
    (decision,) = read("urn:outcome:1,urn:skill:bake,accept,,,")
    assert (decision.link.method, decision.link.confidence) == ("by-hand", 1.0)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("urn:outcome:1,urn:skill:weld,maybe,,,", "row 2: «maybe» is no decision"),
        ("urn:outcome:9,urn:skill:weld,accept,,,", "the subject «urn:outcome:9» is not known"),
        ("urn:outcome:1,urn:skill:x,reject,,,", "the candidate «urn:skill:x» is not known"),
        ("urn:outcome:1,=cmd(),reject,,,", "is no IRI"),
        ("urn:outcome:1,urn:skill:weld,undo,,,", "no decision to undo"),
        ("urn:outcome:1,urn:skill:weld,accept,,yesterday,", "«yesterday» is no day"),
        ("urn:outcome:1,urn:skill:weld,accept,,2026-02-30,", "«2026-02-30» is no day"),
        ("urn:outcome:1,urn:skill:weld,accept,,,,extra", "more cells than the header"),
        ('urn:outcome:1,urn:skill:weld,accept,,,"cut', "cannot be read"),
        (f"urn:outcome:1,urn:skill:weld,accept,,,{'x' * 5000}", "note is longer"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_taken(row: str, words: str) -> None:
    """All or nothing: a sheet that is half taken would have to be compared with the log by hand."""
    with pytest.raises(InputRefused) as refused:
        read(row, "urn:outcome:2,urn:skill:bake,accept,,,")
    assert words in str(refused.value)


def test_two_decisions_on_one_pair_are_refused() -> None:
    """Which of the two was meant is the reviewer's to say."""
    with pytest.raises(InputRefused, match="decided otherwise in row 2"):
        read("urn:outcome:1,urn:skill:weld,accept,,,", "urn:outcome:1,urn:skill:weld,reject,,,")


def test_somebody_must_have_decided() -> None:
    """A decision nobody answers for is none."""
    with pytest.raises(InputRefused, match="nobody is named"):
        read("urn:outcome:1,urn:skill:weld,accept,,,", by="")


def test_another_table_is_no_sheet() -> None:
    """The columns that are missing are named."""
    with pytest.raises(InputRefused, match="no column candidate, decision"):
        read_sheet("subject;label\nurn:a;x\n", known(), where="s")


def test_a_spreadsheet_may_save_it_with_semicolons_and_a_mark() -> None:
    """As spreadsheets in much of Europe do."""
    text = "\ufeffsubject;candidate;decision\r\nurn:outcome:1;urn:skill:weld;rejected\r\n"
    (decision,) = read_sheet(text, known(), where="s", by="Ada", on="2026-11-28")
    assert decision.decision == "reject"


def test_a_hostile_label_does_not_run_and_does_not_change() -> None:
    """A label is somebody's text: no formula in the sheet, and the link keeps it as it was."""
    link = Link("urn:outcome:1", "urn:skill:weld", 0.5, "fuzzy-label", '=HYPERLINK("x")', "@x\r\nforged,row")
    sheet = to_sheet([link])
    assert "'=HYPERLINK" in sheet
    assert "'@x" in sheet
    assert len(sheet.splitlines()) == 3
    text = sheet.replace("fuzzy-label,,", "fuzzy-label,accept,")
    (decision,) = read_sheet(text, Reviewed({link.pair: link}, (), (), {}), where="s", by="A", on="2026-11-28")
    assert decision.link == link


def test_a_log_only_grows(tmp_path: Path) -> None:
    """What was decided stays readable after it was taken back."""
    log = ReviewLog(tmp_path, "skills")
    accepted = Decision(WELD, "accept", "Ada", "2026-11-01")
    assert log.append([accepted], at=AT, source="a.csv") == 1
    first = log.path.read_bytes()
    assert log.append([undone(accepted, by="Grace", on="2026-11-02", note="too wide")], at=AT) == 1
    assert log.path.read_bytes().startswith(first)
    assert [entry.decision.decision for entry in log.entries()] == ["accept", "undo"]
    assert log.entries()[0].logged_from == "a.csv"
    assert in_force(log.decisions()) == {}
    assert [one.name for one in logs(tmp_path)] == ["skills"]


def test_nothing_decided_is_no_file(tmp_path: Path) -> None:
    """An empty review leaves no trace."""
    log = ReviewLog(tmp_path, "skills")
    assert log.append([], at=AT) == 0
    assert log.entries() == ()
    assert not log.path.exists()


@pytest.mark.parametrize("damage", ["change", "drop", "cut", "head"])
def test_a_damaged_log_is_refused(tmp_path: Path, damage: str) -> None:
    """A log that lies about who accepted what is worse than none; nothing is added to it either."""
    log = ReviewLog(tmp_path, "skills")
    log.append([Decision(link, "accept", "Ada", "2026-11-01") for link in (WELD, BAKE)], at=AT)
    lines = log.path.read_bytes().splitlines(keepends=True)
    broken = {
        "change": b"".join(lines).replace(b"accept", b"reject", 1),
        "drop": lines[0] + lines[2],
        "cut": b"".join(lines)[:-9],
        "head": b"".join(lines[1:]),
    }
    log.path.write_bytes(broken[damage])
    with pytest.raises(StoreUnavailable, match="damaged at line"):
        log.entries()
    with pytest.raises(StoreUnavailable):
        log.append([Decision(WELD, "reject", "Ada", "2026-11-01")], at=AT)


@pytest.mark.parametrize("name", ["", "../up", "a/b", "Skills", "x" * 99])
def test_a_log_has_a_plain_name(tmp_path: Path, name: str) -> None:
    """The name becomes a file."""
    with pytest.raises(WrongUse):
        ReviewLog(tmp_path, name)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([WELD.pair, BAKE.pair]),
            st.sampled_from(["accept", "reject", "undo"]),
            WORDS,
            WORDS,
        ),
        max_size=8,
    )
)
def test_any_text_survives_the_log(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[tuple[str, str], Verdict, str, str]]
) -> None:
    """Names, notes and labels are anybody's; appended one by one or at once, the log reads the same."""
    folder = tmp_path_factory.mktemp("log")
    decisions = [
        Decision(Link(*pair, 0.5, "m", label, label), word, name, "2026-11-01", label)
        for pair, word, name, label in said
    ]
    one, many = ReviewLog(folder, "one"), ReviewLog(folder, "many")
    one.append(decisions, at=AT)
    for decision in decisions:
        many.append([decision], at=AT)
    assert one.decisions() == many.decisions() == tuple(decisions)
    assert len(COLUMNS) == len(Decision(WELD, "accept", "", "").row())
