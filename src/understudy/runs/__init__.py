"""Finished and unfinished runs: found, listed, compared, trained again."""
