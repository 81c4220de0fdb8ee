"""Backups: log and key file of one moment, and how they come back without whoever was erased since."""
