"""What people enter about cohorts and trainees. Forms check, services write."""
