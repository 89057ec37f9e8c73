"""Who may: machines with their tokens, the policy, and which rows of the database they see."""
