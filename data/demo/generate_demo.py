"""Make the synthetic demo data: `python data/demo/generate_demo.py [FOLDER]`. Same bytes on every run."""

from __future__ import annotations

import sys
from pathlib import Path

import defects
import registry
import survey
import workbook
import yaml

HERE = Path(__file__).resolve().parent


def write_all(folder: Path) -> None:
    """Write registry, defects, story and survey into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = registry.build()
    workbook.write_xlsx(folder / "registry.xlsx", made.sheets, made.defects)
    workbook.write_csv(folder / "registry-csv", made.sheets, made.defects)
    _write(folder / "defects.csv", defects.to_csv(made.defects))
    _write(
        folder / "story.yaml",
        _yaml("# The route the demo tells. SYNTHETIC DATA; made by generate_demo.py.", made.story),
    )
    _write(folder / "survey.csv", survey.to_csv(made.sheets))
    _write(folder / "survey-defects.csv", survey.defects_csv())
    _write(folder / "survey.codebook.yaml", _yaml("# Codebook of survey.csv. SYNTHETIC DATA.", survey.codebook()))


def _yaml(first_line: str, content: object) -> str:
    body = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)
    return f"{first_line}\n{body}"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
