"""What goes out to other bodies, and what may be kept of their answers."""
