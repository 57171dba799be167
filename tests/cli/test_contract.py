"""The contract of the command line: streams, exit codes, and a sentence for every wrong input."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

GOOD = "credential_id;title;title_language;awarding_body\nMC-1;Data literacy;en;ORG-1\n"
BODY = "organisation_id;name;provider_type;country\nORG-1;Test Body;professional-body;IRL\n"


def _written(folder: Path) -> Path:
    folder.mkdir()
    (folder / "credentials.csv").write_text(GOOD, encoding="utf-8")
    (folder / "organisations.csv").write_text(BODY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def mcgraph(mcgraph_process: Run) -> Run:
    """Processes of their own: exit codes and streams are what is promised here."""
    return mcgraph_process


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A folder of the template that a test may change."""
    return _written(tmp_path / "good")


@pytest.fixture(scope="module")
def stored(mcgraph: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds it, for those who only ask."""
    folder = tmp_path_factory.mktemp("contract")
    files = _written(folder / "good")
    store = folder / "store"
    mcgraph("--store", store, "load", files, "--mapping", "template", "--source", "p17", "--profile", "registry")
    return store


def test_help_imports_nothing_heavy() -> None:
    """`--help` under 0.2 s (0.07 s measured) as long as no engine is imported for it."""
    code = (
        "import sys; from mcgraph.cli.main import cli; cli.main(['--help'], standalone_mode=False); "
        "print(sorted({'polars', 'rdflib', 'pyoxigraph', 'networkx', 'pyshacl', 'openpyxl', 'jinja2', 'yaml'} "
        "& set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_every_command_has_help_and_json(mcgraph: Run) -> None:
    """`--json` on every command; groups have it on their commands."""
    from mcgraph.cli.main import COMMANDS

    for name in COMMANDS:
        done = mcgraph(name, "--help")
        assert done.returncode == 0, name
        # `serve` gives no answer of its own: it runs until it is stopped.
        assert name == "serve" or "--json" in done.stdout or "Commands:" in done.stdout, name


def test_an_unknown_command_asks_did_you_mean(mcgraph: Run) -> None:
    """A typing mistake is answered with the nearest command."""
    done = mcgraph("pathway")
    assert done.returncode == 2
    assert "Did you mean «pathways»" in done.stderr


def test_loading_is_idempotent_and_prints_one_document(mcgraph: Run, good: Path, tmp_path: Path) -> None:
    """The same files again change nothing; a changed file says what changed."""
    store = tmp_path / "store"
    load = (
        "--store",
        store,
        "load",
        good,
        "--mapping",
        "template",
        "--source",
        "p17",
        "--profile",
        "registry",
        "--json",
    )
    first = json.loads(mcgraph(*load).stdout)
    again = json.loads(mcgraph(*load).stdout)
    assert first["changes"]["added"] == 2
    assert again["unchanged"] is True
    assert again["snapshot"] == first["snapshot"]
    (good / "credentials.csv").write_text(GOOD.replace("Data literacy", "Data skills"), encoding="utf-8")
    third = json.loads(mcgraph(*load).stdout)
    assert third["changes"] == {"added": 0, "changed": 1, "removed": 0}
    (good / "credentials.csv").write_text(GOOD.replace("MC-1", "MC-2"), encoding="utf-8")
    fourth = json.loads(mcgraph(*load).stdout)
    assert fourth["changes"] == {"added": 1, "changed": 0, "removed": 1}


def wrong_file(tmp_path: Path, name: str, content: bytes) -> Path:
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("empty.csv", b"", 3, "empty"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\x00", 3, "PNG image"),
        ("cut.csv", b'credential_id,title\nMC-1,"cut', 3, "ends inside a quoted cell"),
        ("cut.xlsx", b"PK\x03\x04\x14\x00", 3, "damaged or cut off"),
        ("odd.csv", b"colour,weight\nred,5\n", 2, "no bundled mapping fits"),
        ("bytes.csv", b"a,b\n\x00\x01", 3, "binary"),
    ],
)
def test_wrong_files_get_a_sentence_and_leave_the_store_alone(
    mcgraph: Run, tmp_path: Path, name: str, content: bytes, code: int, words: str
) -> None:
    """What, where, why and what to do; never a traceback."""
    store = tmp_path / "store"
    done = mcgraph("--store", store, "load", wrong_file(tmp_path, name, content))
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (store / "CURRENT").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("load", "nowhere.csv"), "no such file"),
        (("load", "{good}", "--mapping", "tempalte"), "Did you mean «template»"),
        (("load", "{good}", "--source", "../../etc"), "cannot name a source"),
        (("validate", "{good}", "--report", "x.pdf"), "not a report format"),
        (("validate", "{good}", "--profile", "annex1-catalog"), "annex1-catalogue"),
        (("query", "credentials-by-levle"), "credentials-by-level"),
        (("explain", "CRD-TITLE-01"), "CRD-TITLE-001"),
        (("quarantine", "list", "nobody"), "nothing of «nobody»"),
    ],
)
def test_wrong_use_says_what_was_meant(
    mcgraph: Run, good: Path, stored: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Eight ways to mistype, each answered with the way on."""
    done = mcgraph("--store", stored, *(a.format(good=good) for a in arguments))
    assert done.returncode in (2, 3), done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_limit_that_is_no_number_is_refused(mcgraph: Run) -> None:
    """A setting is checked before it is used."""
    done = mcgraph("config", MCGRAPH_LIMIT_COLUMNS="many")
    assert done.returncode == 2
    assert "MCGRAPH_LIMIT_COLUMNS is «many»" in done.stderr


def test_a_second_writer_is_told_who_holds_the_store(mcgraph: Run, good: Path, tmp_path: Path) -> None:
    """Exit 6 with the holder's process, and nothing changed."""
    import os

    from mcgraph.store import open_graph

    store = tmp_path / "store"
    with open_graph(store, create=True, read_only=False) as graph:
        before = graph.snapshot
        done = mcgraph("--store", store, "load", good, "--mapping", "template", "--source", "p17")
        assert done.returncode == 6
        assert str(os.getpid()) in done.stderr
        assert graph.snapshot == before


def test_what_c_code_prints_is_no_data() -> None:
    """The solver prints to stdout past Python and keeps it back for a pipe; a JSON document must not have it inside."""
    code = (
        "import ctypes\n"
        "from pathlib import Path\n"
        "from mcgraph.cli.console import Console\n"
        "console = Console(store=Path('s'))\n"
        "console.data('before')\n"
        "with console.progress('Solving'):\n"
        "    ctypes.CDLL(None).puts(b'noise of the solver')\n"
        "console.data('after')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "before\nafter\n"
    assert done.stderr == "noise of the solver\n"


def test_a_closed_stderr_is_no_fault(tmp_path: Path) -> None:
    """Closed from the start, as some schedulers do it: data comes, and no file of ours is written over instead."""
    command = f'"{sys.executable}" -m mcgraph rules --json'
    done = subprocess.run(f"{command} 2>&-", shell=True, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout)
    refused = subprocess.run(
        f'"{sys.executable}" -m mcgraph --store nowhere pathways --from A 2>&-',
        shell=True, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert (refused.returncode, refused.stdout) == (6, "")
