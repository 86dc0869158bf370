"""Inequalities proved over boxes in ball arithmetic, and certificates of it."""
