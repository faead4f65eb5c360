//! The table of a gather as runs of values that are evenly apart.

/// Values of a run, at most: so a table is bounded by the bytes that hold it.
const LONGEST: usize = 256;

/// Values `first`, `first + step`, ... up to position `end` of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) end: u32,
    pub(super) first: i32,
    pub(super) step: i32,
}

/// The runs of a table, each as long as it can be; `None` where they take no fewer bytes.
pub(super) fn pack(index: &[i32]) -> Option<Vec<Run>> {
    let mut runs = Vec::new();
    let mut begin = 0;
    while let Some(&first) = index.get(begin) {
        let alike = |value: i32| (value < 0) == (first < 0);
        let step = index.get(begin + 1).filter(|&&next| alike(next)).map(|next| next.wrapping_sub(first));
        let rest = index[begin..].iter().take(LONGEST).enumerate();
        let goes_on = |number: usize, value: i32| {
            number == 0 || step.is_some_and(|step| value.wrapping_sub(first) == step.wrapping_mul(number as i32))
        };
        let length = rest.take_while(|&(number, &value)| alike(value) && goes_on(number, value)).count();
        begin += length;
        runs.push(Run { end: begin as u32, first, step: step.unwrap_or(0) });
        if size_of_val(&*runs) >= size_of_val(index) {
            return None;
        }
    }
    (!runs.is_empty()).then_some(runs)
}

/// The table that these are the runs of, if they are those that are written.
pub(super) fn unpack(runs: &[Run]) -> Option<Vec<i32>> {
    let mut index: Vec<i32> = Vec::new();
    for run in runs {
        let length = (run.end as usize).checked_sub(index.len()).filter(|length| (1..=LONGEST).contains(length))?;
        index.extend((0..length as i32).map(|number| run.first.wrapping_add(run.step.wrapping_mul(number))));
    }
    (pack(&index).as_deref() == Some(runs)).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_as_long_as_they_can_be() {
        // Every second value of two rows, and zeros behind them.
        let index = [0, 2, 4, 6, 16, 18, 20, 22, -1, -1, -1, -1];
        let runs = [
            Run { end: 4, first: 0, step: 2 },
            Run { end: 8, first: 16, step: 2 },
            Run { end: 12, first: -1, step: 0 },
        ];
        assert_eq!(pack(&index).as_deref(), Some(&runs[..]));
        assert_eq!(unpack(&runs).unwrap(), index);
        // A value before a -1 does not go on to it.
        let index = [1, 0, -1, -1, -1, -1, -1, -1, -1, -1];
        assert_eq!(pack(&index).unwrap()[0], Run { end: 2, first: 1, step: -1 });
        let index = [5, -1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4];
        assert_eq!(pack(&index).unwrap()[..2], [Run { end: 1, first: 5, step: 0 }, Run { end: 2, first: -1, step: 0 }]);
        let index: Vec<i32> = (0..1000).collect();
        assert_eq!(pack(&index).unwrap().iter().map(|run| run.end).collect::<Vec<_>>(), [256, 512, 768, 1000]);
    }

    #[test]
    fn tables_stay_where_runs_are_no_shorter() {
        assert_eq!(pack(&[]), None);
        assert_eq!(pack(&[7, 8, 9]), None);
        assert_eq!(pack(&[7, 8, 9, 10]).unwrap().len(), 1);
        assert_eq!(pack(&[3, 1, 4, 1, 5, 9, 2, 6]), None);
    }

    #[test]
    fn other_runs_of_a_table_are_refused() {
        let run = |end, first| Run { end, first, step: 1 };
        assert!(unpack(&[run(8, 0)]).is_some());
        assert!(unpack(&[run(4, 0), run(8, 4)]).is_none());
        assert!(unpack(&[run(8, 0), run(8, 8)]).is_none());
        assert!(unpack(&[run(257, 0)]).is_none());
        assert!(unpack(&[]).is_none());
    }
}
