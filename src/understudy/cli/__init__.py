"""The `understudy` command: one module for each group of commands."""
