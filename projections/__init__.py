"""Read models: the history and what is asked of it. Imports the vocabulary, never the engine."""
