"""Experiments: which variant leads saw, and which of them it moved."""
