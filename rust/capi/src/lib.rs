//! `pysnn.h` on the engine of pysnn-core. The header says what each function does, and what its pointers must point to.

mod exports;
mod failure;
mod guard;
mod memory;
mod model;
mod session;
mod state;

pub use exports::model::{pysnn_abi, pysnn_close, pysnn_open, pysnn_open_with, pysnn_probe, pysnn_verify};
pub use exports::session::{
    pysnn_end, pysnn_input_f32, pysnn_input_u8, pysnn_load, pysnn_reset, pysnn_save, pysnn_scores, pysnn_start,
    pysnn_step_events, pysnn_steps, pysnn_steps_done,
};
pub use model::Model;
pub use session::Session;
