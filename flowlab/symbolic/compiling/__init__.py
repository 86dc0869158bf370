"""From expressions to jitted kernels, compiled once and kept on disk."""
