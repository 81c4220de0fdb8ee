"""Intake: one path for every source, from bytes to facts, decisions and one transaction."""
