"""Lets a model write a dialogue for each prompt."""
