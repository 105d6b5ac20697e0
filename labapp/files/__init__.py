"""Files that people add: received, checked, kept and given back. Who may is for who uses them."""
