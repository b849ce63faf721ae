"""One file for each drill; drill/table.py lists them."""
