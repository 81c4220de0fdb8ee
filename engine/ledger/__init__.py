"""The ledger: what proves that the log is as it was written."""
