"""What acts: decisions about leads, the store, intake, the ledger, privacy, and the doors to them."""
