"""How sure a rate is. In closed form: the library that has it takes most of a second to load, which a report need not wait for."""

from math import sqrt

Z = 1.959963984540054  # of a normal distribution 95 % lie within so many standard deviations


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The interval of a rate at 95 % (Wilson 1927, without correction). trials: at least one."""
    rate = successes / trials
    scale = 2 * (trials + Z**2)
    middle = (2 * trials * rate + Z**2) / scale
    half = Z / scale * sqrt(4 * trials * rate * (1 - rate) + Z**2)
    return (middle - half if successes else 0.0), (middle + half if successes < trials else 1.0)
