"""The same training under other settings, several seeds each, most of them cut early."""
