"""Hours, declarations, claims and payments: money that must be traceable for years."""
