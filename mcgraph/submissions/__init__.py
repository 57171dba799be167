"""The way of a file, whole: read, map, check in context, store what is accepted, keep the rest with its findings."""
