"""How long and how much memory: workloads, paired times, peak memory."""
