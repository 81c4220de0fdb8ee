"""Journeys: the paths that leads take through stages, events and touch points."""
