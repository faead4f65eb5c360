//! Networks of single spikes are refused by name, and nothing is kept of them.

use std::ptr::{null, null_mut};

use pysnn::{pysnn_open, pysnn_probe};
use pysnn_abi::{Error, Info, Status};

const FILE: &[u8] = include_bytes!("../../../tests/golden/exported-ramp.plan");

#[test]
fn they_are_unsupported_with_a_sentence() {
    let (mut model, mut error) = (null_mut(), Error::new(Status::Ok, &[]));
    // SAFETY: the pointers are those of values above, and the info's size is that of the interface.
    let (opened, probed) = unsafe {
        let opened = pysnn_open(FILE.as_ptr(), FILE.len(), null_mut(), 0, &raw mut model, &raw mut error);
        let mut info: Info = std::mem::zeroed();
        info.size = size_of::<Info>();
        (opened, pysnn_probe(FILE.as_ptr(), FILE.len(), &raw mut info, null_mut()))
    };
    assert_eq!((opened, probed, error.status), (Status::Unsupported, Status::Unsupported, Status::Unsupported));
    assert_eq!(model.cast_const(), null());
    let sentence = String::from_utf8_lossy(&error.message);
    assert!(sentence.contains("a network of single spikes"), "{sentence}");
}

#[test]
fn damaged_ones_are_damaged() {
    let mut model = null_mut();
    // SAFETY: as above.
    let status = unsafe { pysnn_open(FILE.as_ptr(), FILE.len() - 1, null_mut(), 0, &raw mut model, null_mut()) };
    assert_eq!((status, model.cast_const()), (Status::Format, null()));
}
