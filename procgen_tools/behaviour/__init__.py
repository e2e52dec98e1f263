"""What agents do: rollouts and their videos, features of mazes, statistics, probes."""
