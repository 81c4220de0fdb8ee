"""Who may be known: keys a person, sealing with them, and ids that nobody without the secret can test."""
