"""The proof: measures, intervals, verdict and report."""
