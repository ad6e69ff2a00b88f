"""Pictures made from pictures of the library: kept in a plain form, edited into new assets, looked at by engines."""
