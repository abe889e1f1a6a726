"""A tiny package with a native part."""

from tiny._native import calls, vowels

__all__ = ["calls", "share_of_vowels", "vowels"]
__version__ = "1.0"


def share_of_vowels(text):
    """Which part of a text's letters are vowels, between 0 and 1."""
    return vowels(text) / len(text)
