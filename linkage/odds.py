"""Odds in bits and probabilities."""


def probability(bits: float) -> float:
    """The probability of log odds to the base of two: 2^w / (1 + 2^w)."""
    if bits >= 0:
        return 1 / (1 + 2**-bits)
    return float(2**bits / (1 + 2**bits))
