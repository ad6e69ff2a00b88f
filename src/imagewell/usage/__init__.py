"""What is counted: rates of requests."""
