"""The main job told as a story on bundled, synthetic data."""
