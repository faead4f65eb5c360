//! Maps: what an operation computes.

/// Steps computed at a time, at most.
pub const MAX_BLOCK: usize = 32;
/// The largest count that a count map holds.
pub const MAX_COUNT: u32 = 255;
/// The longest delay, in steps.
pub const MAX_DELAY: usize = 1 << 12;
/// Largest magnitude, in integer units, of an analogue current that enters an integer network.
pub const CURRENT_LIMIT: i32 = 1 << 20;

/// `(C, H, W)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Channels, `C`.
    pub channels: usize,
    /// Rows, `H`.
    pub height: usize,
    /// Columns, `W`.
    pub width: usize,
}

impl Shape {
    /// From channels, rows and columns.
    #[must_use]
    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// `H * W`.
    #[must_use]
    pub fn pixels(self) -> usize {
        self.height * self.width
    }

    /// `C * H * W`. Checked plans have no shape where this overflows.
    #[must_use]
    pub fn size(self) -> usize {
        self.channels * self.pixels()
    }
}

/// What a map holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// float32 values.
    Real,
    /// uint8 counts of spikes.
    Count,
    /// int32 currents.
    Current,
    /// uint8: one spike in a window of S steps at most, `S - k` for its step k, 0 for none.
    Level,
}

impl Kind {
    /// Whether it holds spikes, as counts or as levels.
    #[must_use]
    pub fn holds_spikes(self) -> bool {
        matches!(self, Self::Count | Self::Level)
    }
}

/// Shape and kind of one map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapSpec {
    /// `(C, H, W)`.
    pub shape: Shape,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is the same at every step.
    pub is_static: bool,
    /// Bound of counts and levels, 0 elsewhere.
    pub max_count: u32,
}

/// What enters a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// The same current at every step.
    Constant,
    /// Random spikes with given rates.
    Poisson,
    /// Given spikes.
    Events,
    /// A real-valued map a step.
    Frames,
    /// The same numbers at every step, up to 255: no spikes.
    Pixels,
}
