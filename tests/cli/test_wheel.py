"""What a user installs: the wheel holds everything it needs and runs from another folder."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", out, root],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_holds_ontology_shapes_queries_mappings_and_demo(wheel: Path) -> None:
    """Nothing is read from a checkout that a user does not have."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "mcgraph/_bundled/ontology/mcgraph.ttl",
        "mcgraph/_bundled/ontology/vocabularies/form.ttl",
        "mcgraph/_bundled/shapes/annex1-catalogue.ttl",
        "mcgraph/_bundled/queries/recognition-gaps.rq",
        "mcgraph/_bundled/data/mappings/template.yaml",
        "mcgraph/_bundled/data/frameworks/national-levels.csv",
        "mcgraph/_bundled/data/demo/registry.xlsx",
    ):
        assert needed in names


def test_the_installed_wheel_runs_the_demo_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    """An empty environment, the wheel, and nothing of the checkout on the path."""
    home = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    # The libraries come from the environment of the tests; mcgraph itself only from the wheel.
    site = next((home / "lib").glob("python*")) / "site-packages"
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    where = [python, "-c", "import mcgraph; print(mcgraph.__file__)"]
    assert str(home) in subprocess.run(where, cwd=elsewhere, capture_output=True, text=True, check=True).stdout
    command = [home / "bin" / "mcgraph", "demo", "story"]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "story" / "report.html").stat().st_size > 10_000
    assert "SYNTHETIC" in done.stdout
