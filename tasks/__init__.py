"""How each stage runs: retries, limits, freshness, one log line."""
