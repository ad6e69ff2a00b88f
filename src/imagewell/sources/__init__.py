"""Where originals come from: sources, their origins, and the guarded way out."""
