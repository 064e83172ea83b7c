"""Both passes as batch jobs at half the price, over hours and restarts."""
