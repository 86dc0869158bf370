"""Statements derived step by step: identities and inequalities that are checked, not believed."""
