"""`hubbub drill`: trouble on purpose, in a cluster that it starts for itself, and what was seen against what is expected."""
