"""What `embedding-quality` asks for, and what it rests on.

Share of words whose nearest neighbour is of their topic, 20 seeds each, a corpus of its own for each seed
(benchmarks/calibrate_ass8.py; TensorFlow 2.21, 2 CPU cores, November 2026):

    solution, unusual_negatives_by_rejection, unusual_train_numpy, unusual_train_keras_embeddings:
        1.000 in all 80 runs
    wrong_train_untrained .15 (sd .05), wrong_train_contexts_shuffled .15 (.05), wrong_train_tiny_rate .16 (.06),
    wrong_train_uphill .42 (.11, highest .65)

One-sided tolerance bounds (content .99, confidence 95 %) admit thresholds above .773 and at most .988. At .9, the law
fitted to correct runs lies 27 sd away; without assuming any law, no failure in 80 runs bounds the rate by .037 (95 %),
and as two of three runs must fail before points are lost, the false-fail probability by .004. A training without
negatives separates topics too: that mistake is caught by `sgns-loss`, not here.
"""

LEAST_SAME_TOPIC = 0.9  # share of words whose nearest neighbour is of their topic
SPREAD = 0.02
