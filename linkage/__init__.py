"""Person records become identities: which records are the same child."""
