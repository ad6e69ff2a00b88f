"""One file a step of the pipeline; each has `apply(frames, op, ctx)`."""
