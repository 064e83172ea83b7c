"""In which order the stages run."""
