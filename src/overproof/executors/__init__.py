"""Executors: who performs the jobs of a run, in this process or in workers, with the same results to the bit."""
