"""Pictures from words, and answers about a picture."""
