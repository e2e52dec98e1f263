"""Speed, measured as ratios within one run, because ratios are less noisy than times."""
