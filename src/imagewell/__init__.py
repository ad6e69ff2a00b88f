"""Imagewell: a self-hosted image platform that speaks the APIs people already use."""

__version__ = "0.1.0"
