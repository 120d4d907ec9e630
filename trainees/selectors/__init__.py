"""What pages and exports need, loaded in a fixed number of queries."""
