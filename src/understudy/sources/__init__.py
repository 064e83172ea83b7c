"""Adapters to where talks come from: YouTube and local folders."""
