"""Understudy: one speaker's talks in, a local model that answers like them and a verdict out.

This package says *what* happens. It knows no orchestrator: `tasks/` says how a
stage runs, `flows/` in which order, `config/` with which numbers.
"""

__version__ = "0.1.0"
