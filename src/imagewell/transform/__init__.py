"""What a picture should become: pure values and their arithmetic. No I/O, no libvips."""
