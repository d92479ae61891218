"""Tags: features of every person in one wide row, and the labels that rules give over them (`domain.md` §1.7)."""
