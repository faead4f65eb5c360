//! How neurons take a step: a closed family, one choice for each stage; the twin of `pysnn/nodes/neuron_model.py`.

/// A current that decays between what enters and the potential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synapse {
    /// What enters is taken in as it is.
    #[default]
    None,
    /// `i = decay i + gain I`.
    DecayFirst,
    /// `i = decay (i + I)`.
    DecayLast,
    /// `i + I` is taken in, and decays behind that.
    Jump,
}

/// How the potential takes the current in: the order of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leak {
    /// `v + x`.
    #[default]
    None,
    /// `(decay v + gain x) + drive`.
    Euler,
    /// `v + rate ((v_leak - v) + x)`.
    Relax,
    /// `v + ((v_leak - v) + x) / tau`.
    RelaxDivided,
    /// `v + rate ((x + v_leak) - v)`.
    Box,
    /// `(v + rate (v_leak - v)) + x`.
    Plain,
    /// `(v + (v_leak - v) / tau) + x`.
    PlainDivided,
    /// `((x r) (1 / tau)) dt + decay v`.
    Lapicque,
}

/// How often a neuron fires in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fire {
    /// Once at most.
    #[default]
    Once,
    /// As often as the threshold fits into the potential, up to the map's largest count.
    Count,
    /// Never: the map holds potentials.
    Never,
    /// Once in a window of its own, whose step is read as a level: how often the threshold fits, up to the window's steps.
    Level,
}

/// What a spike does to the potential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reset {
    /// Subtracts the threshold.
    #[default]
    Subtract,
    /// Sets it to `v_reset`.
    Zero,
    /// Nothing.
    None,
}

/// When it does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResetTime {
    /// In its own step.
    #[default]
    Now,
    /// In the next step, behind the leak.
    Late,
    /// In the next step, and corrected at once.
    Both,
}

/// The stages of a neuron's step.
#[allow(clippy::struct_excessive_bools, reason = "options that are there or not, whatever the others are")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Model {
    /// How the potential takes the current in.
    pub leak: Leak,
    /// What lies before that.
    pub synapse: Synapse,
    /// How often it fires.
    pub fire: Fire,
    /// What a spike does.
    pub reset: Reset,
    /// When it does so.
    pub reset_time: ResetTime,
    /// Whether the potential must be above the threshold; else reaching it is enough.
    pub strict: bool,
    /// Whether the potential has a lower bound.
    pub floor: bool,
    /// Whether there are steps without integration behind a spike.
    pub refractory: bool,
    /// Whether spikes raise the threshold.
    pub adaptive: bool,
    /// Whether each neuron has constants of its own, `(C, H, W)`, not each channel.
    pub per_neuron: bool,
}

/// A constant beside threshold, start and reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant {
    /// What remains of the potential (int32: in units of 2^-30).
    Decay,
    /// Factor of the current; integers have it in their unit.
    Gain,
    /// Added at each step.
    Drive,
    /// Share of the way to its goal that the potential goes.
    Rate,
    /// Time constant in steps.
    Tau,
    /// Where the leak pulls to.
    VLeak,
    /// Resistance.
    R,
    /// One over the time constant.
    InverseTau,
    /// Length of a step.
    Dt,
    /// What remains of the synaptic current.
    SynDecay,
    /// Factor of what enters it.
    SynGain,
    /// Share of it that decays.
    SynRate,
    /// Lower bound of the potential.
    Floor,
    /// Steps without integration behind a spike.
    Refractory,
    /// What remains of the threshold's rise.
    AdaptDecay,
    /// What a spike adds to it.
    AdaptJump,
}

/// How many constants there are.
pub(crate) const CONSTANTS: usize = Constant::AdaptJump as usize + 1;

impl Model {
    /// How many values the state of one neuron has: the potential, the synaptic current, the threshold's rise, steps left to wait.
    #[must_use]
    pub fn values(&self) -> usize {
        1 + usize::from(self.synapse != Synapse::None) + usize::from(self.adaptive) + usize::from(self.refractory)
    }

    /// The constants in their order; integers have no gain.
    #[must_use]
    pub fn constants(&self, integer: bool) -> Vec<Constant> {
        self.each_constant(integer).collect()
    }

    /// The same, one by one.
    pub(crate) fn each_constant(&self, integer: bool) -> impl Iterator<Item = Constant> {
        use Constant as C;
        let leak: &[C] = match self.leak {
            Leak::None => &[],
            Leak::Euler if integer => &[C::Decay, C::Drive],
            Leak::Euler => &[C::Decay, C::Gain, C::Drive],
            Leak::Relax | Leak::Box | Leak::Plain => &[C::Rate, C::VLeak],
            Leak::RelaxDivided | Leak::PlainDivided => &[C::Tau, C::VLeak],
            Leak::Lapicque => &[C::Decay, C::R, C::InverseTau, C::Dt],
        };
        let synapse: &[C] = match self.synapse {
            Synapse::None => &[],
            Synapse::DecayFirst => &[C::SynDecay, C::SynGain],
            Synapse::DecayLast => &[C::SynDecay],
            Synapse::Jump => &[C::SynRate],
        };
        let adaptive: &[C] = if self.adaptive { &[C::AdaptDecay, C::AdaptJump] } else { &[] };
        let bounds = self.floor.then_some(C::Floor).into_iter().chain(self.refractory.then_some(C::Refractory));
        leak.iter().chain(synapse).copied().chain(bounds).chain(adaptive.iter().copied())
    }

    /// Whether its options go together, and with integers if it is for them.
    pub(crate) fn check(&self, integer: bool) -> Result<(), String> {
        let now = self.reset_time == ResetTime::Now;
        let good = [
            (!integer || matches!(self.leak, Leak::None | Leak::Euler), "another leak than Euler's is float32"),
            (!integer || self.synapse == Synapse::None, "a synaptic current is float32"),
            (!integer || !self.adaptive, "an adaptive threshold is float32"),
            (!integer || self.fire != Fire::Never, "a neuron that never fires is float32"),
            (self.fire != Fire::Count || (now && !self.strict), "several spikes a step go with a reset at once and >="),
            (
                now || !(self.refractory || self.adaptive),
                "a late reset has no refractory steps and no adaptive threshold",
            ),
            (
                self.fire != Fire::Level || *self == Self { fire: Fire::Level, reset: Reset::None, ..Self::default() },
                "a neuron with a window has no leak, no reset and no options",
            ),
            (
                self.fire == Fire::Once || !(self.refractory || self.adaptive),
                "refractory and adaptive neurons fire once",
            ),
            (now || self.reset != Reset::None, "no reset has no time"),
            (self.reset_time != ResetTime::Both || self.reset == Reset::Subtract, "a reset to a value has one time"),
        ];
        good.into_iter().find(|(good, _)| !good).map_or(Ok(()), |(_, what)| Err(what.to_owned()))
    }
}
