/// What goes wrong: the groups in which reports put hazards.
///
/// Raw values are names for readers, as in "stale CPU read".
public enum HazardFamily: String, CaseIterable, Sendable {
    /// The core reads older bytes than it should.
    case staleCPURead = "stale CPU read"
    /// The device reads older bytes than it should.
    case staleDeviceRead = "stale device read"
    /// What a device wrote is gone.
    case lostDeviceWrite = "lost device write"
    /// What a core stored is gone.
    case lostCPUWrite = "lost CPU write"
    /// Accesses are seen in another order than the program's.
    case order = "order and publication"
    /// A rule of the DMA API is broken.
    case api = "ownership and API"
    /// Mappings, aliases or domains disagree.
    case attributes = "attributes, aliases, domains"
    /// Maintenance stops at the wrong level, or does not reach all caches.
    case levels = "levels and scope"
    /// What was in the buffer before counts.
    case initial = "initial and partial data"
    /// The hardware breaks the rules.
    case errata = "errata"
}

/// What there is to know of one hazard, as text.
///
/// Texts of one sentence are one line. ``explanation``, ``states``, traces and idioms have lines of
/// their own and are printed as they are. In the explanation an empty line parts paragraphs, whose
/// lines are at most 76 wide.
public struct HazardPage: Hashable, Sendable {
    /// The code.
    public let code: HazardCode
    /// What happens, in one line without the code.
    public let title: String
    /// The group in reports.
    public let family: HazardFamily
    /// The cause in general, in one sentence.
    public let summary: String
    /// What happens and why, in one to four short paragraphs.
    public let explanation: String
    /// The copies over time, at most 76 wide.
    public let states: String
    /// The shortest native trace that shows it.
    public let trace: String
    /// The same trace with the mend.
    public let mendedTrace: String
    /// What to do, in one sentence.
    public let mend: String
    /// How Linux drivers do it right, in one to four lines.
    public let linux: String
    /// How code without a kernel does it right, in one to four lines.
    public let bareMetal: String
    /// Whether the kernel's dma-debug sees it, and how.
    public let dmaDebug: String
    /// Which machines and kernel eras it concerns.
    public let affects: String
    /// How `check` judges it, the strongest first.
    public let verdicts: [Verdict]
    /// What `check` reports of the trace besides, since one mistake breaks a rule and bytes too.
    public internal(set) var alsoFound: [HazardCode] = []
}
