"""Answers about a picture that are data, not pixels."""
