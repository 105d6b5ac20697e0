"""The knowledge base: what works, for whom, how sure we are, and what to do with it."""
