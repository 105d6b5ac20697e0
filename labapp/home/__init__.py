"""Where everybody comes in, and the pages about the platform itself."""
