"""Stand-ins for other bodies, for tests and demonstration: on this machine, with made-up children.

Shipped and not in tests/, because an installed `motem` has no tests and `make demo` needs them.
"""
