"""The pictures we manage: assets, their versions, tags and folders, and the sweep that frees bytes."""
