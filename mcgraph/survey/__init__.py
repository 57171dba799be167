"""Surveys: a codebook says what the columns ask; responses become statements of their respondents' group."""
