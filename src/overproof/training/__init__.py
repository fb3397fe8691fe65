"""Training: the one loop, for teachers, students and simple alike."""
