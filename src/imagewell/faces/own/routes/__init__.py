"""The own API's operations, one file a noun."""
