"""Cohorts: what became of the leads of a period."""
