"""What the engineer on call sees and does, apart from click and SQL."""
