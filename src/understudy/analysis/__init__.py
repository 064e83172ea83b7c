"""What a dataset is made of, in figures, words and pictures."""
