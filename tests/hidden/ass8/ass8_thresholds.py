"""What `embedding-quality` asks for. Measured by benchmarks/calibrate_ass8.py; the numbers stand there."""

LEAST_SAME_TOPIC = 0.9  # share of words whose nearest neighbour is of their topic
SPREAD = 0.02
