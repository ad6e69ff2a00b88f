"""imgix: the rendering URL language, signed URLs and the delivery road. Notes on the wire: docs/imgix.md."""
