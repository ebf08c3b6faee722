"""`python -m recdial` is the command `recdial`."""

from recdial.cli import app

app()
