"""What every training loop needs: optimisers, schedules, augmentation, checkpoints."""
