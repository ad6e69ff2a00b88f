"""What is counted: rates of requests, quotas of what requests do, and the reports of it."""
