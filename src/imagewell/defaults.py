"""Defaults of the settings that two processes read: the one that listens and the one that answers."""

HOST = "127.0.0.1"
PORT = 8000
PROCESSES = 1
HEADER_TIMEOUT_S = 15
STOP_TIMEOUT_S = 25
