"""What may be one person under two numbers."""

MERGE = "trainee.merge"  # the kind of act: it may reach into several programs
