"""Programs of users, right and wrong, written before their writer had seen the judge (see `record`)."""
