"""What calls cost, what they should cost, and the ledger of what was paid."""
