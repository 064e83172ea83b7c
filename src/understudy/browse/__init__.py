"""`dataset.html`: every row of a dataset with its fate, to look through and to mark."""
