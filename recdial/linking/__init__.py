"""Mentions in prose to catalogue entities: which items, people, genres and keywords a text names.

Used by the filter, and by exports that mark entities.
"""

from recdial.linking.films import well_known_films
from recdial.linking.linker import Linker
from recdial.linking.mention import Certainty, EntityKind, Link

__all__ = ["Certainty", "EntityKind", "Link", "Linker", "well_known_films"]
