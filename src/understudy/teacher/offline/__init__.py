"""A teacher without a model: questions and answers from the talk's own sentences."""
