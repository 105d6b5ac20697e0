"""Letters to people: kept in an outbox in the caller's transaction, sent by a job."""
