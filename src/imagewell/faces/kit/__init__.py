"""What all protocols share: bytes out, uploads in, callers, refusals, pages, rates."""
