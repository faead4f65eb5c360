//! Which operations run as one: Conv, Add and Neuron operations that only feed each other.

use crate::plan::{Body, Entry, Kind, Op, Term};

/// The operations of one layer: at its head a Conv, an Add or a Neuron, behind it what only it reads.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parts {
    pub(crate) conv: Option<usize>,
    pub(crate) add: Option<usize>,
}

/// Finds them.
pub(crate) struct Fuser<'a> {
    ops: &'a [Op],
    /// Edges that leave each map.
    readers: Vec<usize>,
}

impl<'a> Fuser<'a> {
    pub(crate) fn new(ops: &'a [Op]) -> Self {
        let mut readers = vec![0; ops.len()];
        for source in ops.iter().flat_map(Op::sources) {
            readers[source] += 1;
        }
        Self { ops, readers }
    }

    /// The parts of the layer whose last operation is `head`.
    pub(crate) fn parts(&self, head: usize) -> Parts {
        match &self.ops[head].body {
            Body::Conv(_) => Parts { conv: Some(head), add: None },
            Body::Add(terms) if self.ops[head].spec.kind != Kind::Count => {
                Parts { conv: self.conv_of(head, terms), add: Some(head) }
            }
            Body::Neuron(neuron) => {
                let source = &self.ops[neuron.source];
                if self.readers[neuron.source] > 1 || source.spec.is_static {
                    return Parts::default();
                }
                match &source.body {
                    Body::Conv(_) | Body::Add(_) => self.parts(neuron.source),
                    _ => Parts::default(),
                }
            }
            _ => Parts::default(),
        }
    }

    /// A convolution that a sum may start from: a float sum only with one of its first two terms, which commute.
    fn conv_of(&self, add: usize, terms: &[Term]) -> Option<usize> {
        let spec = &self.ops[add].spec;
        let reach = if spec.kind == Kind::Real { 2 } else { terms.len() };
        let fits = |term: &&Term| {
            let source = &self.ops[term.source];
            matches!(source.body, Body::Conv(_))
                && matches!(term.entry, Entry::Plain | Entry::Ratio { .. })
                && self.readers[term.source] == 1
                && source.spec.is_static == spec.is_static
        };
        terms.iter().take(reach).rev().find(fits).map(|term| term.source)
    }
}
