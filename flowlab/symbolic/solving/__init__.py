"""What of a flow can be had exactly: its closed form by its structure, and its stationary points."""
