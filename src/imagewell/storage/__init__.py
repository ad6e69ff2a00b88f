"""Where bytes live: local disk or object storage, behind one small class."""
