"""Which program this is."""

from importlib.metadata import PackageNotFoundError, version


def program() -> str:
    """`leadlog 1.2.3`; where it was not installed, that it runs from its folder."""
    try:
        return f"leadlog {version('leadlog')}"
    except PackageNotFoundError:
        return "leadlog, run from its folder"
