//! The blocks of a run, one after the other.

use crate::clocked::block::{Block, Segment};
use crate::clocked::request::Request;

/// The block behind `first` steps, `most` steps long at most: probes look at potentials, so there it ends at a read.
/// `segments` is room of an earlier block.
pub(crate) fn next_block(request: &Request<'_>, first: usize, most: usize, mut segments: Vec<Segment>) -> Block {
    let reads = &request.read_at;
    let next = reads.partition_point(|&read| read <= first);
    let mut steps = most.min(request.steps - first);
    if let Some(&read) = reads.get(next).filter(|_| request.probe) {
        steps = steps.min(read - first);
    }
    segments.clear();
    let mut begin = 0;
    for (number, &read) in reads.iter().enumerate().skip(next) {
        if read > first + steps {
            break;
        }
        segments.push(Segment { steps: begin..read - first, read: Some(number) });
        begin = read - first;
    }
    if begin < steps {
        segments.push(Segment { steps: begin..steps, read: None });
    }
    Block { first, steps, segments }
}
