"""The model that writes questions and answers, behind one protocol."""
