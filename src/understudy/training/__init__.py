"""Training: batches, loss, loop and adapters. MLX lives here and in `inference`."""
