"""What an mlx-lm training file says, what mlx-lm made of it, and the file that says what was meant."""
