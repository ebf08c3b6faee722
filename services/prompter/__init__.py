"""Turns profiles into prompts, one stereotype a user."""
