"""Work in the background: jobs that a user can see, the engine that runs them once, and upkeep by the clock."""
