"""What bench/run.py is made of: one module for each benchmark, and what they share."""
