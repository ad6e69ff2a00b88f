"""Who may do what: accounts, users, API keys, scopes."""
