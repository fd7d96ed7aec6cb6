"""Who outside can reach what in AWS accounts, through which statement, with a request that proves it."""
