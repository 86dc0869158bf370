"""What a gradient flow conserves: polynomials that are found, and how many quantities there are in all."""
