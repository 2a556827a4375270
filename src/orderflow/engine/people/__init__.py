"""Work of people: tasks and pick tours."""
