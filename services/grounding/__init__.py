"""Turns reviews and TMDB records into user profiles."""
