"""Messages that Motem itself sends to other bodies, and their answers: built and read, not carried."""
