"""The one road from an order to bytes."""
