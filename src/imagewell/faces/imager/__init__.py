"""The Imager face: upload a picture, read it back."""
