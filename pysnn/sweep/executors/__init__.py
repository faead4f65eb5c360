"""What runs the points of a sweep: processes of this machine, loky, a Dask cluster, or any executor of ``concurrent.futures``."""
