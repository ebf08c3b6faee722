"""The six services of recdial. They never import each other."""
