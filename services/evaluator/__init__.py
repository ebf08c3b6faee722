"""Measures and exports the dataset."""
