"""The card of the rules: their data, for processes that read the store without their code.

Guards, hooks and policies are code: a card has their names, and what depends on them is not
checked.
"""
