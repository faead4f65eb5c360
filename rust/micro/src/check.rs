//! Checks of what a file says, once, so that nothing has to be looked at in a step.

use crate::MAPS;
use crate::bytes::RUN;
use crate::fault::{Result, fault};
use crate::model::Model;
use crate::op::{Entry, Kind, Map, Op, RUNS, word};

/// Nodes that hand currents on to each other, at most.
const DEEPEST: usize = 6;
/// Values of a map, at most.
const LARGEST: usize = 1 << 24;

impl<'a> Model<'a> {
    /// Check an operation: its shape, its sources and its arrays.
    pub(crate) fn check_op(&self, number: usize) -> Result<()> {
        let wrong = || Err(fault!(Format, "its sources, shape or kind do not fit together"));
        let op = self.op(number);
        if op.kind() == Kind::Other || op.map() == Map::Other {
            return Err(fault!(Unsupported, "an operation that is not run here"));
        }
        if !MAPS && !op.is_dense() {
            return Err(fault!(Unsupported, "built without maps: dense layers, sums and neurons alone"));
        }
        let sizes = [op.channels(), op.height(), op.width()];
        let size = sizes.iter().try_fold(1_usize, |size, &n| size.checked_mul(n).filter(|&size| size <= LARGEST));
        let bound = (1..=255).contains(&op.most()) == (op.map() == Map::Count);
        if size.is_none_or(|size| size == 0) || !bound || (op.map() == Map::Current && op.most() != 0) {
            return wrong();
        }
        let [first, count] = [op.word(word::SOURCES), op.sources()];
        let inside = first.checked_add(count).is_some_and(|end| end <= self.sources().len() / 16);
        let expected = match op.kind() {
            Kind::Input => count == 0 && number == 0 && op.map() == Map::Count,
            Kind::Gather | Kind::Add => count > 0,
            _ => count == 1,
        };
        let ends = (op.kind() == Kind::Output) == (number + 1 == self.count());
        if !inside || !expected || !ends || (op.kind() == Kind::Input) != (number == 0) {
            return wrong();
        }
        if (0..count).any(|k| self.source(op, k) >= number) {
            return wrong();
        }
        if self.depth(number, DEEPEST).is_none() {
            return Err(fault!(Unsupported, "currents go through more than 6 nodes before neurons take them in"));
        }
        self.check_kind(op)
    }

    fn check_kind(&self, op: Op<'a>) -> Result<()> {
        let wrong = || Err(fault!(Format, "its sources, shape or kind do not fit together"));
        let channels = op.channels();
        let source = if op.kind() == Kind::Input { op } else { self.op(self.source(op, 0)) };
        let slides =
            || !MAPS || op.window().output([source.height(), source.width()]) == Some([op.height(), op.width()]);
        match op.kind() {
            Kind::Conv => {
                let (groups, inputs) = (op.groups(), source.channels());
                let whole = groups > 0 && inputs.is_multiple_of(groups) && channels.is_multiple_of(groups);
                if !whole || !slides() || op.map() != Map::Current || source.map() != Map::Count {
                    return wrong();
                }
                let [height, width] = op.kernel();
                let weights = [width, inputs / groups, channels].iter().try_fold(height, |all, &n| all.checked_mul(n));
                self.check_array(op, 0, [3, 1, weights.unwrap_or(usize::MAX)])?;
                self.check_array(op, 1, [4, 4, channels])
            }
            Kind::Pool | Kind::MaxPool if MAPS => {
                let counts = source.map() == Map::Count && (op.kind() == Kind::Pool || op.map() == Map::Count);
                let currents = source.map() == Map::Current && op.map() == Map::Current && op.kind() == Kind::Pool;
                let [height, width] = op.kernel();
                let most = (height.min(source.height()) * width.min(source.width())) * source.most();
                let most = if op.kind() == Kind::MaxPool { source.most() } else { most };
                let fits = op.map() == Map::Current || most <= op.most();
                if slides() && channels == source.channels() && fits && (counts || currents) { Ok(()) } else { wrong() }
            }
            Kind::Byte if MAPS => {
                let shift = op.word(word::MODE);
                let maps = source.map() == Map::Current && source.is_shaped_as(op) && op.map() == Map::Count;
                if matches!(shift, 0 | 8 | 16 | 24) && maps { Ok(()) } else { wrong() }
            }
            Kind::Gather if MAPS => self.check_gather(op),
            Kind::Add => self.check_add(op),
            Kind::Neuron => {
                if !source.is_shaped_as(op) || source.map() != Map::Current || op.map() != Map::Count {
                    return wrong();
                }
                self.check_neuron(op)
            }
            Kind::Output => {
                let spikes = matches!(op.word(word::MODE), 3 | 4);
                if !source.is_shaped_as(op)
                    || (spikes && source.map() != Map::Count)
                    || !(1..=4).contains(&op.word(word::MODE))
                {
                    return wrong();
                }
                if op.word(word::ARRAY_COUNT) == 0 { Ok(()) } else { self.check_array(op, 0, [2, 8, channels]) }
            }
            _ => Ok(()),
        }
    }

    fn check_gather(&self, op: Op<'a>) -> Result<()> {
        let wrong = fault!(Format, "its sources, shape or kind do not fit together");
        let mut total = 0_usize;
        for k in 0..op.sources() {
            let source = self.op(self.source(op, k));
            if source.map() != op.map() || source.most() > op.most() {
                return Err(wrong);
            }
            total = total.saturating_add(source.size());
        }
        let index = self.index(op);
        let values = index.bytes.len() / RUN;
        self.check_array(op, 0, if index.runs { [RUNS, RUN, values] } else { [4, 4, op.size()] })?;
        let inside = |at: i32| at == -1 || usize::try_from(at).is_ok_and(|at| at < total);
        if (0..op.size()).all(|i| inside(index.at(i))) { Ok(()) } else { Err(wrong) }
    }

    fn check_add(&self, op: Op<'a>) -> Result<()> {
        let wrong = fault!(Format, "its sources, shape or kind do not fit together");
        let (mut most, mut array) = (0_usize, 0);
        for term in self.terms(op) {
            let source = self.op(term.source);
            most = most.saturating_add(source.most());
            let fits = match term.entry {
                Entry::Plain => source.map() == op.map(),
                Entry::Constant(_) => source.map() == Map::Count && op.map() == Map::Current,
                Entry::Ratio(..) => source.map() == Map::Current && op.map() == Map::Current,
            };
            if !fits || !source.is_shaped_as(op) {
                return Err(wrong);
            }
            let arrays = match term.entry {
                Entry::Plain => 0,
                Entry::Constant(_) => 1,
                Entry::Ratio(_, shift) => {
                    self.check_array(op, array + 1, [4, 4, op.channels()])?;
                    if !(0..op.channels()).all(|channel| (1..=62).contains(&shift.at(channel))) {
                        return Err(wrong);
                    }
                    2
                }
            };
            if arrays > 0 {
                self.check_array(op, array, [4, 4, op.channels()])?;
            }
            array += arrays;
        }
        if op.map() == Map::Current || most <= op.most() { Ok(()) } else { Err(wrong) }
    }
}
