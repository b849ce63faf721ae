"""`hubbub admin`: what administrators do from a terminal, through the running server's own `/admin` API."""
