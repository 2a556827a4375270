"""The store in a SQL database (extra ``sql``)."""
