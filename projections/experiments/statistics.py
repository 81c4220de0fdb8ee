"""Whether two rates differ."""


def fisher(successes: int, trials: int, first_successes: int, first_trials: int) -> float:
    """The probability of a difference at least as unlikely, were there none (Fisher's exact test, two-sided)."""
    import numpy as np  # noqa: PLC0415
    from scipy.stats import fisher_exact  # noqa: PLC0415  # it takes a second to load, and only experiments need it

    table = np.array([[successes, trials - successes], [first_successes, first_trials - first_successes]])
    return float(fisher_exact(table).pvalue)
