//! What chips hold: mapping rules on whole numbers. `pysnn/hardware/mapping` has the definition in plain Python.

pub mod loihi;
