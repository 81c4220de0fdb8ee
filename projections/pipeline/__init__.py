"""The pipeline: what is open, how it moved, and what is to be expected of it (RULES.md, section 6)."""
