"""The vocabulary: what can happen to a lead, when, and how it stands on the wire. Imports nothing of ours."""
