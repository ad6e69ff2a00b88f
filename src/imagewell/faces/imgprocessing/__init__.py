"""The IMG Processing face: keep pictures, and make new ones of them, one call an operation."""
