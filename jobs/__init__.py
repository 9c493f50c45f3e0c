"""The loops that carry updates in and messages out: intake, worker, sender, clock, tasks."""
