"""Models fitted to history: an ensemble of boosted trees, calibrated and aligned, and a forest."""
