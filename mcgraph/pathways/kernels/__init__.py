"""The loops over arrays: plain functions on whole numbers, interpreted for small graphs, compiled for large ones."""
