"""The handoff audit: who gave which lead to whom, what was known then and what was missing, how it ended and why."""
