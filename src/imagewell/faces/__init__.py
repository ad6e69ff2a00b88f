"""The doors of the five protocols and our own: routes and four translations each."""
