"""The own API's shapes. Nothing else turns rows into them."""
