"""What can be told from a text alone: its characters, wording, length, numbers and form."""
