"""What is measured on the held-out questions, one module for each idea."""
