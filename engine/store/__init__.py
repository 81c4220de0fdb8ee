"""The log: the truth, append only, chained, sealed. `engine.store.log.Log` is the door to it."""
