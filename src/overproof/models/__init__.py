"""Models: building teachers and students, loading weights, counting what they cost."""
