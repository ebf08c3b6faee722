"""Keeps the account of what became of the lines of a file."""

from __future__ import annotations

from services.grounding.rows import ReadReport
from services.grounding.sources.pieces import OddLine, ReadPiece


def account(piece: ReadPiece, report: ReadReport) -> None:
    """Count the lines of a piece, in their order. Raises SourceError for a plainly wrong file."""
    lines, good = report.lines, report.good
    for place, odd in enumerate(piece.odd):
        report.lines, report.good = lines + odd.line, good + odd.line - 1 - place
        _account_odd(odd, report)
    report.lines = lines + piece.lines
    report.good = good + piece.lines - len(piece.odd)


def _account_odd(odd: OddLine, report: ReadReport) -> None:
    if odd.fault is None:
        report.blank += 1
    elif odd.cut:
        report.add_truncated(odd.fault)
    else:
        report.add_bad(odd.fault)
