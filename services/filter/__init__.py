"""Judges every dialogue, and says when a run is complete."""
