"""A cluster of one's own on this machine, for tests and drills: nodes and what they stand on, as processes of their own."""
