"""Formats a dataset is written in, one module a format."""
