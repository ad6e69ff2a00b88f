"""The performance table: every figure a ratio against the limit measured in the same run. `make bench` prints it."""
