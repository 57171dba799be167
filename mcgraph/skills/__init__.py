"""Skills: which ones the learning outcomes speak of, as suggestions that people review, and who covers what.

labels ← suggest            labels of skills and texts of outcomes; exact and fuzzy matches
suggest ← keep              suggestions in a graph of their own, accepted links in another, decisions in a log
coverage                    shares of collections, occupations with uncovered skills, credentials that are alike
"""
