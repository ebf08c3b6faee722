"""The scripted backend: a program that writes well-formed dialogues from a prompt's facts.

It is the offline stand-in for the 70B teacher in the demo and in tests, and no language model.
"""

from services.generator.scripted.backend import ScriptedBackend

__all__ = ["ScriptedBackend"]
