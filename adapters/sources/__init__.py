"""One folder per source system; each defines `adapter`."""
