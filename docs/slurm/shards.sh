#!/bin/bash
# A sweep as an array of independent jobs: sbatch shards.sh digits.toml
# Task i of the array runs shard i; all of them write into the sweep's folder, which every node must see.
#SBATCH --job-name=pysnn-sweep
#SBATCH --array=1-32
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=04:00:00
#SBATCH --output=sweep-%A-%a.log
set -euo pipefail

spec=${1:?"usage: sbatch shards.sh SPEC.toml"}
pysnn --quiet sweep run "$spec" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --workers "$SLURM_CPUS_PER_TASK"
