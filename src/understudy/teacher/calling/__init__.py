"""One call to a model: made, paced, mended, repeated and given up."""
