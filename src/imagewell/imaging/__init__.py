"""The engine: the only folder that imports pyvips, and only inside render workers."""
