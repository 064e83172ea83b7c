"""Texts that are nearly the same: found exactly, and grouped."""
