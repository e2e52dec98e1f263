"""Courses: the checks of their exercises, and what their notebooks need besides.

Each module without a narrower purpose is one course: `crops_and_humans`.
"""
