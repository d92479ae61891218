"""One module per engine: run, register, create; nothing else."""
