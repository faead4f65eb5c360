//! Chips whose rule is a number of neurons a core.

use super::{above, check_layers, check_sizes, narrow};
use crate::error::Result;

/// Where a layer's spikes go.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// The layer that spikes.
    pub source: usize,
    /// The layer that is reached.
    pub target: usize,
    /// Whether a spike goes to all of the target's cores.
    pub dense: bool,
    /// Most neurons that a spike reaches.
    pub fan_out: i64,
}

/// By layer: its cores, cores that a spike of it goes to, and most neurons that one reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cores {
    /// Its cores; 0 where it is not placed.
    pub cores: Vec<i64>,
    /// Cores that a spike goes to.
    pub copies: Vec<i64>,
    /// Most neurons that a spike reaches.
    pub fan_out: Vec<i64>,
}

/// Give each layer so many cores that they hold its neurons; layers without neurons are not placed.
///
/// # Errors
///
/// Sizes are negative or too large; links name layers that there are not.
pub fn split(neurons: &[i64], links: &[Link], per_core: i64) -> Result<Cores> {
    check_sizes("counted", neurons.iter().copied(), 0)?;
    check_sizes("counted", links.iter().map(|link| link.fan_out).chain([per_core]), 1)?;
    check_layers("counted", links.iter().flat_map(|link| [link.source, link.target]), neurons.len())?;
    let cores: Vec<i64> = neurons.iter().map(|&count| narrow(above(i128::from(count), i128::from(per_core)))).collect();
    let (mut copies, mut fan_out) = (vec![0_i64; neurons.len()], vec![0_i64; neurons.len()]);
    for link in links {
        let met = if link.dense { cores[link.target] } else { 1 };
        copies[link.source] = copies[link.source].saturating_add(met);
        fan_out[link.source] = fan_out[link.source].saturating_add(link.fan_out);
    }
    Ok(Cores { cores, copies, fan_out })
}

#[cfg(test)]
mod tests {
    use super::{Link, split};

    #[test]
    fn layers_have_cores_of_their_own() -> crate::error::Result<()> {
        let links = [
            Link { source: 0, target: 1, dense: true, fan_out: 2500 },
            Link { source: 1, target: 2, dense: false, fan_out: 3 },
        ];
        let found = split(&[0, 2500, 3], &links, 1000)?;
        assert_eq!((found.cores, found.copies, found.fan_out), (vec![0, 3, 1], vec![3, 1, 0], vec![2500, 3, 0]));
        assert!(split(&[1], &links, 1000).is_err());
        assert!(split(&[1], &[], 0).is_err());
        Ok(())
    }
}
