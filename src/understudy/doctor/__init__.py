"""What only this machine can say about whether a run will work: facts gathered, then judged."""
