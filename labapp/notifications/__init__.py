"""What people are told: events, digests and the list of what waits for them. It knows no domain."""
