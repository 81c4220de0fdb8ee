"""How sure a rate is, and whether two differ."""

CONFIDENCE = 0.95


def wilson(successes: int, trials: int) -> tuple[float | None, float | None]:
    """The interval of a rate at 95 % (Wilson 1927, without correction); nothing without trials."""
    from scipy.stats import binomtest  # noqa: PLC0415  # it takes a second to load, and only experiments need it

    if not trials:
        return None, None
    found = binomtest(successes, trials).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def fisher(successes: int, trials: int, first_successes: int, first_trials: int) -> float:
    """The probability of a difference at least as unlikely, were there none (Fisher's exact test, two-sided)."""
    import numpy as np  # noqa: PLC0415
    from scipy.stats import fisher_exact  # noqa: PLC0415

    table = np.array([[successes, trials - successes], [first_successes, first_trials - first_successes]])
    return float(fisher_exact(table).pvalue)
