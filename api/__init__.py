"""Every JSON contract. A dialect folder holds translation and nothing else."""
