"""The dossier of one handoff: all that the log knows of it, with positions and hashes, as data, as text and as a page to print."""
