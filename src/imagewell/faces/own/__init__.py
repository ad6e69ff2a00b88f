"""Our own JSON API under `/v1`: what the dashboard and our clients speak."""
