"""Work that may wait: a row written in the caller's transaction, worked off by `labapp jobs`."""
