"""What must not be shared: data of pupils in texts and files, and groups too small to show.

It warns of patterns. It is never complete, and never says that a text is safe.
"""
