"""A trained run asked by people and programs."""
