"""A run's adapter made into a model that other programs load, and measured against the adapter."""
