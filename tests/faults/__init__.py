"""Faults injected at random into the six services at work, and an audit of what they made.

python -m tests.faults --faults 200 --seed 1
"""
