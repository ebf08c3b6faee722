"""Labelled dialogues that say how good the filter is (tests/data/gate/README.md)."""
