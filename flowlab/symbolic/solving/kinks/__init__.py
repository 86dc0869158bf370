"""Flows of one parameter with kinks: what they are beside each, when they come there, and what they do."""
