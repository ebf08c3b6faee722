"""The report on a run: its numbers (`report.json`) and the page to read (`report.html`)."""
