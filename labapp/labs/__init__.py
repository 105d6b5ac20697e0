"""Co-creation labs: from a school's question, by rounds of research, to a signed finding."""
