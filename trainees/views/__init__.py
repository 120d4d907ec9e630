"""Pages about cohorts and trainees."""
