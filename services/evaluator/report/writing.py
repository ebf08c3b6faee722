"""Writes a report: `report.json` for programs, `report.html` for people."""

from __future__ import annotations

import os
from pathlib import Path

from services.evaluator.report.html import render_html
from services.evaluator.report.model import RunReport


def write_report(report: RunReport, folder: Path) -> None:
    """Write both files into a folder; each appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "report.json": report.model_dump_json(indent=2) + "\n",
        "report.html": render_html(report),
    }
    for name, content in contents.items():
        partial = folder / f"{name}.partial"
        partial.write_text(content, encoding="utf-8")
        os.replace(partial, folder / name)
