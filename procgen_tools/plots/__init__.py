"""Figures of mazes and vector fields."""
