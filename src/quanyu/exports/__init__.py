"""Exports: lists of persons as CSV, Excel or Parquet, masked unless allowed, and hashed lists for advertising.

fields_of(engine) -> {name: Field}
chosen_tree(choice) -> who is meant, persons_query(…) -> what is written of them
open_writer(path, …) -> writes batches; hashed(…) -> a number as a platform matches it
"""
