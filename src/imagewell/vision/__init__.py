"""Engines that look at pictures: cut-outs, classes, faces, text. Arrays in, plain values out; no libvips, no HTTP."""
