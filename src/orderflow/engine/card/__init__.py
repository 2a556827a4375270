"""The card of the rules: what of them is data, for those who look at the store without their code.

Guards, hooks and policies are code: a card names them, and what depends on them is not checked.
"""
