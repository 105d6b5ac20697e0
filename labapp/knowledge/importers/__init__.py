"""Readers of files: each gives records of cards, or says what is wrong by row and column."""
