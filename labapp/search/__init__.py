"""Search by meaning and by words over texts and ids; knows nothing of what they are about."""
